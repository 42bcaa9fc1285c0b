from django.urls import include, path

from asterisk import blocked_views
from extensions import status_views
from extensions import views as extensions
from extensions.review import views as review
from pbxportal import monitor_views, search_views, views
from pbxportal.dashboard.views import dashboard
from pbxportal.theme import theme

handler400 = "pbxportal.views.bad_request"
handler500 = "pbxportal.views.server_error"

urlpatterns = [
    path("", extensions.home, name="home"),
    path("dashboard/", dashboard, name="dashboard"),
    path("", include("accounts.urls")),
    path("account/", include("extensions.my_account.urls")),
    path("extensions/", include("extensions.urls")),
    path("organizations/", include("accounts.organizations.urls")),
    path("apply/", review.apply, name="apply"),
    path("review/", review.review_page, name="review"),
    path("history/", include("asterisk.urls")),
    path("blocked/", blocked_views.index, name="blocked"),
    path("blocked/<int:pk>/unblock/", blocked_views.unblock, name="unblock"),
    path("blocked/<int:pk>/never/", blocked_views.never_block, name="never_block"),
    path("pbx/", status_views.pbx_state, name="pbx_state"),
    path("mail/", include("core.mail.urls")),
    path("backup/", include("backup.urls")),
    path("events/", include("core.events.urls")),
    path("log/", include("core.audit.urls")),
    path("preferences/", include("pbxportal.pbx_settings.urls")),
    path("", include("trunks.urls")),
    path("search/", search_views.search, name="search"),
    path("theme/", theme, name="theme"),
    path("web-socket/", views.web_socket, name="web_socket"),
    path("health/", monitor_views.health, name="health"),
    path("metrics", monitor_views.metrics, name="metrics"),
]
