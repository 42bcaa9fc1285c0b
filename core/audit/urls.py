from django.urls import path

from core.audit import views as audit_views

app_name = "log"
urlpatterns = [
    path("", audit_views.index, name="list"),
    path("export/", audit_views.export, name="export"),
    path("<int:pk>/", audit_views.record, name="record"),
]
