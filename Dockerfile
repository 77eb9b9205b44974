# Storekeep for production. Web, workers and beat are this image with another command each:
# docs/operations.md has them, docs/settings.md what they need.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 STOREKEEP_VAR=/var/lib/storekeep TRYON_MODELS=/srv/storekeep/models
WORKDIR /srv/storekeep

COPY requirements.txt .
RUN pip install --no-cache-dir --requirement requirements.txt

COPY . .
# The settings want a database and keys; these are of this step alone, and nothing is connected to.
RUN DATABASE_URL=postgres://nobody@127.0.0.1:1/none SECRET_KEY=none FIELD_KEYS=none \
    python manage.py fetch_face_models \
    && useradd --system storekeep \
    && install --directory --owner storekeep --mode 700 /var/lib/storekeep

USER storekeep
VOLUME /var/lib/storekeep
EXPOSE 8000
CMD ["sh", "-c", "python manage.py collectstatic --noinput && exec gunicorn config.wsgi --bind 0.0.0.0:8000 --threads 6 --timeout 120"]
