"""What most frameworks do: one object at a time through the ORM and its serializer into a ZIP of level 3."""
import os
import sys
from urllib.parse import urlparse

import django
from django.conf import settings

url = urlparse(os.environ["URL"])
settings.configure(
    INSTALLED_APPS=[],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path[1:],
            "USER": url.username,
            "PASSWORD": url.password or "",
            "HOST": url.hostname,
            "PORT": url.port,
        }
    },
)
django.setup()

from django.core import serializers  # noqa: E402
from django.db import models  # noqa: E402
from zipstream import ZIP_DEFLATED, ZipStream  # noqa: E402


class Author(models.Model):
    name = models.CharField(max_length=100)
    email = models.CharField(max_length=100, unique=True)

    class Meta:
        app_label, db_table = "app", "author"


class Article(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
    title = models.CharField(max_length=200)
    body = models.TextField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    published = models.BooleanField()
    created_at = models.DateTimeField()

    class Meta:
        app_label, db_table = "app", "article"


class Comment(models.Model):
    article = models.ForeignKey(Article, models.CASCADE)
    author = models.ForeignKey(Author, models.CASCADE)
    body = models.TextField()
    score = models.IntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        app_label, db_table = "app", "comment"


def lines():
    for model in (Author, Article, Comment):
        for row in model.objects.order_by("pk").iterator():
            # Without the brackets of the list.
            yield (serializers.serialize("json", [row])[1:-1] + "\n").encode()


archive = ZipStream(compress_type=ZIP_DEFLATED, compress_level=3)
archive.add(lines(), "backup.jsonl")
with open(sys.argv[1], "wb") as output:
    for chunk in archive:
        output.write(chunk)
