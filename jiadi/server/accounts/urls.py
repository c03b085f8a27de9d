"""Addresses of accounts (账号网址)."""

from django.urls import path

from jiadi.server.accounts.views import managing, own, programs, signing

urlpatterns = [
    path("", own.home, name="home"),
    path("sign-in", signing.sign_in, name="sign_in"),
    path("sign-in/code", signing.sign_in_code, name="sign_in_code"),
    path("sign-out", signing.sign_out, name="sign_out"),
    path("preferences", signing.preferences, name="preferences"),
    path("account", own.account, name="account"),
    path("account/password", own.password, name="password"),
    path("account/second-factor", own.second_factor, name="second_factor"),
    path("account/second-factor/remove", own.remove_second_factor, name="remove_second_factor"),
    path("account/recovery-codes", own.recovery_codes, name="recovery_codes"),
    path("account/sessions/<uuid:sign_in>/end", own.end_session, name="end_session"),
    path("account/tokens", programs.own_tokens, name="own_tokens"),
    path("account/tokens/new", programs.new_token, name="new_token"),
    path("account/tokens/<uuid:token>/revoke", programs.revoke_token, name="revoke_token"),
    path("users", managing.users, name="users"),
    path("users/new", managing.new_user, name="new_user"),
    path("users/<uuid:user>", managing.user, name="user"),
    path("users/<uuid:user>/grant", managing.new_grant, name="new_grant"),
    path("users/<uuid:user>/tokens/<uuid:token>/revoke", programs.revoke_token_of, name="revoke_token_of"),
    path("users/<uuid:user>/<slug:word>", managing.act, name="user_act"),
    path("grants/<uuid:grant>/revoke", managing.revoke, name="revoke"),
]
