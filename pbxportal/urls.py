from django.urls import include, path

from extensions import views as extensions
from pbxportal import views

urlpatterns = [
    path("", extensions.home, name="home"),
    path("", include("accounts.urls")),
    path("extensions/", include("extensions.urls")),
    path("apply/", extensions.apply, name="apply"),
    path("pbx/", extensions.pbx_state, name="pbx_state"),
    path("preferences/", views.preferences, name="preferences"),
    path("health/", views.health, name="health"),
]
