from django.urls import include, path

from extensions import applying
from extensions import views as extensions
from pbxportal import mail_views, views
from pbxportal.theme import theme

handler500 = "pbxportal.views.server_error"

urlpatterns = [
    path("", extensions.home, name="home"),
    path("", include("accounts.urls")),
    path("account/", include("extensions.account_urls")),
    path("extensions/", include("extensions.urls")),
    path("organizations/", include("accounts.organizations.urls")),
    path("apply/", applying.apply, name="apply"),
    path("review/", applying.review_page, name="review"),
    path("history/", include("asterisk.urls")),
    path("pbx/", extensions.pbx_state, name="pbx_state"),
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
