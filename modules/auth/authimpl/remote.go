package authimpl

import (
	"context"

	"marketplace/modules/auth"
	"marketplace/platform/rpc"
)

// remote reaches auth in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) auth.Service { return remote{c} }

func (r remote) SignUp(ctx context.Context, q auth.SignUpRequest) (auth.Account, error) {
	return rpc.Call[auth.Account](ctx, r.c, "SignUp", q)
}

func (r remote) VerifyEmail(ctx context.Context, q auth.VerifyEmailRequest) (auth.Account, error) {
	return rpc.Call[auth.Account](ctx, r.c, "VerifyEmail", q)
}

func (r remote) ResendVerification(ctx context.Context, q auth.ResendVerificationRequest) (auth.Account, error) {
	return rpc.Call[auth.Account](ctx, r.c, "ResendVerification", q)
}

func (r remote) LogIn(ctx context.Context, q auth.LogInRequest) (auth.Session, error) {
	return rpc.Call[auth.Session](ctx, r.c, "LogIn", q)
}

func (r remote) Refresh(ctx context.Context, q auth.RefreshRequest) (auth.Session, error) {
	return rpc.Call[auth.Session](ctx, r.c, "Refresh", q)
}

func (r remote) Authenticate(ctx context.Context, q auth.AuthenticateRequest) (auth.Identity, error) {
	return rpc.Read[auth.Identity](ctx, r.c, "Authenticate", q)
}

func (r remote) LogOut(ctx context.Context, q auth.LogOutRequest) (auth.Done, error) {
	return rpc.Call[auth.Done](ctx, r.c, "LogOut", q)
}

func (r remote) ListSessions(ctx context.Context, q auth.ListSessionsRequest) (auth.SessionList, error) {
	return rpc.Read[auth.SessionList](ctx, r.c, "ListSessions", q)
}

func (r remote) SetRoles(ctx context.Context, q auth.SetRolesRequest) (auth.Account, error) {
	return rpc.Call[auth.Account](ctx, r.c, "SetRoles", q)
}

func (r remote) EndSessions(ctx context.Context, q auth.EndSessionsRequest) (auth.EndedSessions, error) {
	return rpc.Call[auth.EndedSessions](ctx, r.c, "EndSessions", q)
}

func (r remote) ListOpenSessions(ctx context.Context, q auth.ListOpenSessionsRequest) (auth.OpenSessionList, error) {
	return rpc.Read[auth.OpenSessionList](ctx, r.c, "ListOpenSessions", q)
}

func (r remote) ListKeys(ctx context.Context, q auth.ListKeysRequest) (auth.KeySet, error) {
	return rpc.Read[auth.KeySet](ctx, r.c, "ListKeys", q)
}

func (r remote) RotateKeys(ctx context.Context, q auth.RotateKeysRequest) (auth.KeySet, error) {
	return rpc.Call[auth.KeySet](ctx, r.c, "RotateKeys", q)
}

func (r remote) ChangePassword(ctx context.Context, q auth.ChangePasswordRequest) (auth.Done, error) {
	return rpc.Call[auth.Done](ctx, r.c, "ChangePassword", q)
}

func (r remote) RequestReset(ctx context.Context, q auth.RequestResetRequest) (auth.Done, error) {
	return rpc.Call[auth.Done](ctx, r.c, "RequestReset", q)
}

func (r remote) ResetPassword(ctx context.Context, q auth.ResetPasswordRequest) (auth.Done, error) {
	return rpc.Call[auth.Done](ctx, r.c, "ResetPassword", q)
}

func (r remote) SetLanguage(ctx context.Context, q auth.SetLanguageRequest) (auth.Account, error) {
	return rpc.Call[auth.Account](ctx, r.c, "SetLanguage", q)
}

func (r remote) ListAccounts(ctx context.Context, q auth.ListAccountsRequest) (auth.AccountList, error) {
	return rpc.Read[auth.AccountList](ctx, r.c, "ListAccounts", q)
}
