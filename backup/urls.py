from django.urls import path

from backup import views
from backup.copies import views as copy_views

app_name = "backup"
urlpatterns = [
    path("", views.index, name="list"),
    path("now/", views.back_up_now, name="now"),
    path("settings/", views.change_settings, name="settings"),
    path("copies/", copy_views.change, name="copies"),
    path("copies/test/", copy_views.test, name="test_copies"),
    path("<int:pk>/download/", views.download, name="download"),
    path("<int:pk>/try/", views.try_restore, name="try"),
]
