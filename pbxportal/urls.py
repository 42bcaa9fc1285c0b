from django.urls import include, path

from extensions import views as extensions_views
from extensions.review import views as review_views
from extensions.status_views import pbx_state
from pbxportal import mail_views, views
from pbxportal.theme import theme

handler500 = "pbxportal.views.server_error"

urlpatterns = [
    path("", extensions_views.home, name="home"),
    path("", include("accounts.urls")),
    path("account/", include("extensions.my_account.urls")),
    path("extensions/", include("extensions.urls")),
    path("organizations/", include("accounts.organizations.urls")),
    path("apply/", review_views.apply, name="apply"),
    path("review/", review_views.review_page, name="review"),
    path("history/", include("asterisk.urls")),
    path("pbx/", pbx_state, name="pbx_state"),
    path("mail/", include("core.mail.urls")),
    path("log/", include("core.audit.urls")),
    path("preferences/", views.preferences, name="preferences"),
    path("preferences/mail/", mail_views.mail, name="mail_preferences"),
    path("preferences/mail/test/", mail_views.test_mail, name="test_mail"),
    path("preferences/apply/", views.apply_preferences, name="apply_preferences"),
    path("preferences/discard/", views.discard_preferences, name="discard_preferences"),
    path("theme/", theme, name="theme"),
    path("health/", views.health, name="health"),
]
