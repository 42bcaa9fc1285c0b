from django.urls import path

from accounts import log

app_name = "log"
urlpatterns = [
    path("", log.index, name="list"),
    path("export/", log.export, name="export"),
    path("<int:pk>/", log.record, name="record"),
]
