"""Settings, read from the environment (and .env); docs/settings.md lists the variables.

Importing this module starts nothing: entry points call config.embedded.start() first.
"""

import secrets
from pathlib import Path

import environ
from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

EMBEDDED = env.bool("STOREKEEP_EMBEDDED", default=False)
STARTED = bool(env.str("DATABASE_URL", default=""))


def required(name: str, purpose: str) -> str:
    """The variable's value; without a database configured (type checks, help) a throw-away one."""
    value: str = env.str(name, default="")
    if value:
        return value
    if STARTED:
        raise ImproperlyConfigured(f"Set {name}: {purpose}. .env.example shows how.")
    return secrets.token_urlsafe(50)


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = required("SECRET_KEY", "a long random text that signs sessions and links")
FIELD_KEYS = [
    key.strip()
    for key in required("FIELD_KEYS", "the keys that encrypt stored credentials").split(",")
    if key.strip()
]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORT = env.int("PORT", default=8000)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.apps.ConsoleConfig",
    "config.apps.StorekeepConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "corsheaders",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "compositekeys",
    "connectors",
    "catalog",
    "orders",
    "support",
    "recommendations",
    "tryon",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **env.db("DATABASE_URL", default="postgres://not-started@127.0.0.1:1/storekeep"),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "pool": {"min_size": 0, "max_size": env.int("DATABASE_POOL", default=6), "timeout": 15},
            "prepare_threshold": env.int("DATABASE_PREPARE_AFTER", default=5) or None,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True

VAR = Path(env.str("STOREKEEP_VAR", default=str(BASE_DIR / "var")))
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES = {
    # What only a signed link may show: shoppers' photos.
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("PRIVATE_FILES", default=str(VAR / "private")),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED or not STARTED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = EMBEDDED

# Behind TLS everywhere but on the loopback address of the embedded mode.
SECURE = not EMBEDDED
SESSION_COOKIE_SECURE = SECURE
CSRF_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=SECURE)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if SECURE else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 60 * 60 * 12
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

CELERY_BROKER_URL = env.str("REDIS_URL", default="redis://127.0.0.1:1/0")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that outlives its visibility timeout is delivered again beside itself.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 4 * 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 3 * 3600
CELERY_TASK_SOFT_TIME_LIMIT = 3 * 3600 - 60
CELERY_TASK_DEFAULT_QUEUE = "sync"
CELERY_TASK_ROUTES = {
    # Not behind a first copy, which may take hours.
    "connectors.tasks.dispatch_webhooks": {"queue": "webhooks"},
    "connectors.tasks.process_webhooks": {"queue": "webhooks"},
    "connectors.tasks.*": {"queue": "sync"},
    "support.tasks.*": {"queue": "money"},
    "recommendations.tasks.*": {"queue": "recommend"},
    "tryon.tasks.*": {"queue": "tryon"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "dispatch-due-syncs": {
        "task": "connectors.tasks.dispatch_due",
        "schedule": 10.0,
        # A tick that waited behind a stopped worker is worth nothing.
        "options": {"expires": 10.0},
    },
    "dispatch-webhooks": {
        "task": "connectors.tasks.dispatch_webhooks",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "dispatch-money": {
        "task": "support.tasks.dispatch",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "record-external-refunds": {
        "task": "support.tasks.record_external",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "fulfil-privacy-requests": {
        "task": "connectors.tasks.fulfil_privacy_requests",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "forget-storefront-answers": {
        "task": "support.tasks.forget_answers",
        "schedule": crontab(minute="23"),
    },
    "keep-webhooks": {
        "task": "connectors.tasks.keep_webhooks",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
    "dispatch-try-ons": {
        "task": "tryon.tasks.dispatch",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "erase-try-ons": {
        "task": "tryon.tasks.erase_expired",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "train-recommendations": {
        "task": "recommendations.tasks.train_nightly",
        "schedule": crontab(hour=str(env.int("RECOMMENDATIONS_HOUR", default=2)), minute="41"),
    },
    "train-first-recommendations": {
        "task": "recommendations.tasks.train_first",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
    "attribute-recommendations": {
        "task": "recommendations.tasks.attribute",
        "schedule": crontab(minute="11"),
        "options": {"expires": 600.0},
    },
    "forget-recommendations": {
        "task": "recommendations.tasks.forget_old",
        "schedule": crontab(hour="3", minute="37"),
    },
    "forget-old-runs": {
        "task": "connectors.tasks.forget_old_runs",
        "schedule": crontab(hour="3", minute="17"),
    },
}

# Where stores reach this installation with their webhooks.
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://127.0.0.1:{PORT}" if EMBEDDED else "")

SYNC_OVERLAP_SECONDS = env.int("SYNC_OVERLAP_SECONDS", default=120)
SYNC_SWEEP_MAX_MISSING = env.float("SYNC_SWEEP_MAX_MISSING", default=0.2)

# Refunds. Amounts read “100,JPY=15000”: for every currency, then for those that differ.
REFUND_UNDO_SECONDS = min(10, env.int("REFUND_UNDO_SECONDS", default=8))
REFUND_GOODWILL_SHARE = env.int("REFUND_GOODWILL_SHARE", default=50)
REFUND_CUSTOMER_COUNT = env.int("REFUND_CUSTOMER_COUNT", default=3)
REFUND_OLD_ORDER_DAYS = env.int("REFUND_OLD_ORDER_DAYS", default=180)
REFUND_APPROVAL_DAYS = env.int("REFUND_APPROVAL_DAYS", default=14)
REFUND_RESOLVE_ABOVE = env.str(
    "REFUND_RESOLVE_ABOVE", default="100,JPY=15000,KRW=130000,VND=2500000,INR=8000"
)
# A worker that holds a request longer than this is taken for dead.
MONEY_LEASE_SECONDS = env.int("MONEY_LEASE_SECONDS", default=360)

# What customers ask for through a storefront waits for staff, unless one of the last two says
# otherwise: refunds below an amount (“20,JPY=3000”; empty: none), all address changes.
CUSTOMER_REFUND_DAYS = env.int("CUSTOMER_REFUND_DAYS", default=30)
CUSTOMER_REFUND_BELOW = env.str("CUSTOMER_REFUND_BELOW", default="")
CUSTOMER_ADDRESS_WITHOUT_STAFF = env.bool("CUSTOMER_ADDRESS_WITHOUT_STAFF", default=False)

# Virtual try-on. Photos and pictures are erased after so many hours; a change of what shoppers
# consent to needs a new version.
TRYON_MODELS = Path(env.str("TRYON_MODELS", default=str(VAR / "models")))
TRYON_CONSENT_VERSION = env.str("TRYON_CONSENT_VERSION", default="1")
TRYON_KEEP_HOURS = env.int("TRYON_KEEP_HOURS", default=24)
TRYON_LINK_MINUTES = env.int("TRYON_LINK_MINUTES", default=10)
TRYON_MOST_PRODUCTS = env.int("TRYON_MOST_PRODUCTS", default=12)
TRYON_TOPS = env.bool("TRYON_TOPS", default=False)
# Hosts beside the stores themselves from which pictures of products, and selfies, are fetched.
TRYON_PICTURE_HOSTS = env.list("TRYON_PICTURE_HOSTS", default=["cdn.shopify.com"])
TRYON_SELFIE_HOSTS = env.list("TRYON_SELFIE_HOSTS", default=[])
TRYON_PICTURE_DAYS = env.int("TRYON_PICTURE_DAYS", default=7)

# Recommendations. Customers of the holdout (per cent) get what is popular; a click or an order
# within so many days is put down to what was recommended.
RECOMMENDATIONS_HOLDOUT = env.float("RECOMMENDATIONS_HOLDOUT", default=5.0)
RECOMMENDATIONS_WINDOW_DAYS = env.int("RECOMMENDATIONS_WINDOW_DAYS", default=7)
RECOMMENDATIONS_KEEP_DAYS = env.int("RECOMMENDATIONS_KEEP_DAYS", default=180)

# The storefront API. Rates are requests a minute.
API_RATE_KEY = env.int("API_RATE_KEY", default=3_000)
API_RATE_CUSTOMER = env.int("API_RATE_CUSTOMER", default=120)
API_RATE_ADDRESS = env.int("API_RATE_ADDRESS", default=300)
# How long a body may take to arrive, such as a photo from a telephone.
API_BODY_SECONDS = env.int("API_BODY_SECONDS", default=60)
API_RATE_PREFIX = "storekeep:rate"
# How long a request is answered again under its Idempotency-Key.
API_IDEMPOTENCY_HOURS = max(24, env.int("API_IDEMPOTENCY_HOURS", default=48))
API_CUSTOMER_TOKEN_MINUTES = env.int("API_CUSTOMER_TOKEN_MINUTES", default=30)
API_GUEST_LINK_HOURS = env.int("API_GUEST_LINK_HOURS", default=7 * 24)
CORS_URLS_REGEX = r"^/api/v1/"
CORS_ALLOW_HEADERS = ("authorization", "content-type", "idempotency-key", "if-none-match")
CORS_EXPOSE_HEADERS = ("etag", "idempotency-replayed", "retry-after")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "connectors.storefront.authentication.KeyAuthentication",
        "connectors.storefront.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["connectors.storefront.permissions.MayCall"],
    "DEFAULT_THROTTLE_CLASSES": ["connectors.storefront.throttling.Throttle"],
    "DEFAULT_RENDERER_CLASSES": ["connectors.storefront.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["connectors.storefront.rendering.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "connectors.storefront.describing.Schema",
    "EXCEPTION_HANDLER": "connectors.storefront.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": 1 if env.bool("BEHIND_PROXY", default=False) else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Storekeep storefront API",
    "VERSION": "1",
    "DESCRIPTION": "Products, customers and orders of a shop, and what customers ask for.\n\n"
    "Your server calls with `Authorization: Api-Key …`; make a key in the console. A customer’s "
    "browser calls with `Authorization: Bearer …`, a token that your server has had made, and sees "
    "that customer’s rows alone. Lists are read page by page: follow `next` until it is null. "
    "Amounts are texts, moments are in UTC. Unknown parameters and fields are refused. Every "
    "error has the shape of `Error`.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "PlatformEnum": "connectors.models.Platform",
        "OrderStatusEnum": "orders.models.PlatformOrder.Status",
        "RefundRequestStatusEnum": "support.models.RefundRequest.Status",
        "AddressRequestStatusEnum": "support.models.AddressUpdateRequest.Status",
        "TryOnStatusEnum": "tryon.models.TryOnSession.Status",
        "OverlayStatusEnum": "tryon.models.TryOnOverlay.Status",
    },
    "COMPONENT_SPLIT_REQUEST": True,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"without_links": {"()": "config.logs.WithoutLinks"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["without_links"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "urllib3": {"level": "WARNING"},
        # It repeats what the error of the query itself says.
        "psycopg.pool": {"level": "ERROR"},
    },
}

UNFOLD = {
    "SITE_TITLE": "Storekeep",
    "SITE_HEADER": "Storekeep",
    "SITE_SYMBOL": "storefront",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.801)",
            "200": "oklch(91% .096 180.426)",
            "300": "oklch(85.5% .138 181.071)",
            "400": "oklch(77.7% .152 181.912)",
            "500": "oklch(70.4% .14 182.503)",
            "600": "oklch(51.1% .096 186.391)",
            "700": "oklch(43.7% .078 188.216)",
            "800": "oklch(38.6% .063 188.416)",
            "900": "oklch(32% .05 188.416)",
            "950": "oklch(27.7% .046 192.524)",
        }
    },
    "STYLES": [lambda _: static("storekeep/console.css")],
    "SIDEBAR": {"show_search": True, "navigation": "config.navigation.sidebar"},
}
