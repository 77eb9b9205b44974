connect = None
