from config.settings import *

INSTALLED_APPS += ["tests.compositekeys"]
