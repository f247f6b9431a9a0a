package site

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"marketplace/web/edge"
)

// Page is one URL of the site: who may call it, and what answers.
type Page struct {
	Method  string
	Path    string
	Access  edge.Access
	Handler echo.HandlerFunc
	Upload  bool // takes a form with files
}

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// Pages lists every URL of the site, one line each.
func (s *Site) Pages() []Page {
	return slices.Concat(s.browsing(), s.entering(), s.settling(), s.selling(), s.ordering(), s.offering(), s.talking(), s.operating(), s.developing())
}

// browsing is what everybody looks at.
func (s *Site) browsing() []Page {
	return []Page{
		{get, "/", edge.Anyone, s.ShowHome, false},
		{get, "/gigs", edge.Anyone, s.ListGigs, false},
		{get, "/categories/:slug", edge.Anyone, s.ShowCategory, false},
		{get, "/gigs/:id", edge.Anyone, s.ShowGig, false},
		{get, "/gigs/:id/cover", edge.Anyone, s.ShowCover, false},
		{get, "/gigs/:id/card", edge.Anyone, s.ShowGigCard, false},
		{get, "/users/:username/card", edge.Anyone, s.ShowUserCard, false},
		{get, "/categories/:slug/card", edge.Anyone, s.ShowCategoryCard, false},
		{get, "/card", edge.Anyone, s.ShowCard, false},
		{get, "/categories/:slug/feed", edge.Anyone, s.ShowCategoryFeed, false},
		{get, "/feed", edge.Anyone, s.ShowFeed, false},
		{get, "/pictures/:id", edge.Anyone, s.ShowPicture, false},
		{get, "/avatars/:id", edge.Anyone, s.ShowAvatar, false},
		{get, "/users/:username", edge.Anyone, s.ShowUser, false},
		{get, "/help", edge.Anyone, s.ShowHelp, false},
		{get, "/terms", edge.Anyone, s.ShowTerms, false},
		{get, "/privacy", edge.Anyone, s.ShowPrivacy, false},
		{get, "/problems", edge.Anyone, s.ShowProblems, false},
		{get, "/robots.txt", edge.Anyone, s.ShowRobots, false},
		{get, "/sitemap.xml", edge.Anyone, s.ShowSitemap, false},
		{get, "/sitemaps/:name", edge.Anyone, s.ShowSitemapOf, false},
		{get, "/static/*", edge.Anyone, s.ShowStatic, false},
	}
}

// entering is signing up, logging in, and passwords.
func (s *Site) entering() []Page {
	return []Page{
		{get, "/signup", edge.Anyone, s.ShowSignUp, false},
		{post, "/signup", edge.Anyone, s.SignUp, false},
		{get, "/login", edge.Anyone, s.ShowLogIn, false},
		{post, "/login", edge.Anyone, s.LogIn, false},
		{post, "/logout", edge.Anyone, s.LogOut, false},
		{get, "/verify-email", edge.Anyone, s.ShowVerifyEmail, false},
		{post, "/verify-email", edge.Anyone, s.VerifyEmail, false},
		{post, "/verify-email/resend", edge.SignedIn, s.ResendVerification, false},
		{get, "/forgot-password", edge.Anyone, s.ShowForgotPassword, false},
		{post, "/forgot-password", edge.Anyone, s.ForgotPassword, false},
		{get, "/reset-password", edge.Anyone, s.ShowResetPassword, false},
		{post, "/reset-password", edge.Anyone, s.ResetPassword, false},
		{get, "/.well-known/jwks.json", edge.Anyone, s.ShowKeys, false},
		{get, "/.well-known/change-password", edge.Anyone, s.ChangePasswordHere, false},
	}
}

// settling is the settings of an account.
func (s *Site) settling() []Page {
	return []Page{
		{get, "/settings", edge.SignedIn, s.ShowSettings, false},
		{post, "/settings", edge.SignedIn, s.ChangeProfile, false},
		{post, "/settings/language", edge.SignedIn, s.ChooseLanguage, false},
		{post, "/settings/avatar", edge.SignedIn, s.ChangeAvatar, true},
		{get, "/settings/security", edge.SignedIn, s.ShowSecurity, false},
		{post, "/settings/security/password", edge.SignedIn, s.ChangePassword, false},
		{post, "/settings/security/sessions/:id/end", edge.SignedIn, s.EndSession, false},
	}
}

// selling is what sellers do.
func (s *Site) selling() []Page {
	return []Page{
		{get, "/sell", edge.Anyone, s.ShowSell, false},
		{get, "/settings/seller", edge.Verified, s.ShowSeller, false},
		{post, "/settings/seller", edge.Verified, s.ChangeSeller, false},
		{get, "/settings/seller/steps/:step", edge.Verified, s.ShowBecome, false},
		{post, "/settings/seller/steps/:step", edge.Verified, s.Become, true},
		{get, "/seller/gigs", edge.SignedIn, s.ListMyGigs, false},
		{get, "/gigs/new", edge.Verified, s.ShowNewGig, false},
		{post, "/gigs/new", edge.Verified, s.CreateGig, false},
		{post, "/gigs/preview", edge.Verified, s.PreviewGig, false},
		{get, "/gigs/:id/edit", edge.Verified, s.ShowEditGig, false},
		{post, "/gigs/:id/edit", edge.Verified, s.EditGig, false},
		{post, "/gigs/:id/publish", edge.Verified, s.PublishGig, false},
		{post, "/gigs/:id/pause", edge.Verified, s.PauseGig, false},
		{get, "/gigs/:id/delete", edge.Verified, s.ShowDeleteGig, false},
		{post, "/gigs/:id/delete", edge.Verified, s.DeleteGig, false},
		{post, "/gigs/:id/pictures", edge.Verified, s.AddPicture, true},
		{post, "/gigs/:id/pictures/:picture/remove", edge.Verified, s.RemovePicture, false},
		{get, "/take-home", edge.SignedIn, s.ShowTakeHome, false},
		{get, "/orders/:id/take-home", edge.SignedIn, s.ShowOrderTakeHome, false},
		{get, "/earnings", edge.SignedIn, s.ShowEarnings, false},
		{post, "/earnings/withdraw", edge.Verified, s.RequestPayout, false},
		{post, "/earnings/onboarding", edge.Verified, s.StartOnboarding, false},
		{post, "/earnings/schedule", edge.Verified, s.SchedulePayouts, false},
		{post, "/earnings/chargebacks/:id", edge.SignedIn, s.AnswerChargeback, false},
		{get, "/statement", edge.SignedIn, s.ShowStatement, false},
		{get, "/statement.csv", edge.SignedIn, s.WriteStatement, false},
	}
}

// operating is looking after the marketplace: its money, and how it runs.
func (s *Site) operating() []Page {
	return []Page{
		{get, "/operator", edge.Operator, s.ShowOperation, false},
		{get, "/operator/log", edge.Operator, s.ShowLog, false},
		{get, "/operator/events", edge.Operator, s.ListEvents, false},
		{post, "/operator/events/retry", edge.Operator, s.RetryEvent, false},
		{post, "/operator/events/discard", edge.Operator, s.DiscardEvent, false},
		{get, "/operator/mails", edge.Operator, s.ShowMailLog, false},
		{post, "/operator/mails/:id/retry", edge.Operator, s.RetryMail, false},
		{get, "/operator/timers", edge.Operator, s.ListTimers, false},
		{get, "/operator/orders", edge.Staff, s.ListAllOrders, false},
		{get, "/operator/house", edge.Operator, s.ShowHouse, false},
		{post, "/operator/house/close", edge.Operator, s.CloseHouse, false},
		{post, "/operator/house/open", edge.Operator, s.OpenHouse, false},
		{get, "/operator/texts/:name", edge.Operator, s.ShowText, false},
		{post, "/operator/texts/:name", edge.Operator, s.WriteText, false},
		{get, "/operator/payouts", edge.Operator, s.ListPayouts, false},
		{post, "/operator/payouts/:id", edge.Operator, s.DecidePayout, false},
		{get, "/operator/settings", edge.Operator, s.ShowPolicies, false},
		{post, "/operator/settings", edge.Operator, s.ChangePolicies, false},
		{post, "/operator/settings/:number/restore", edge.Operator, s.RestorePolicies, false},
		{get, "/operator/books", edge.Operator, s.ShowBooks, false},
		{post, "/operator/books/adjustments", edge.Operator, s.Adjust, false},
		{post, "/operator/books/adjustments/:id", edge.Operator, s.DecideAdjustment, false},
		{post, "/operator/books/strays", edge.Operator, s.SettleStray, false},
		{post, "/operator/books/reconcile", edge.Operator, s.Reconcile, false},
	}
}

// ordering is buying, and the work on an order.
func (s *Site) ordering() []Page {
	return []Page{
		{get, "/gigs/:id/order", edge.Verified, s.ShowCheckout, false},
		{post, "/gigs/:id/order", edge.Verified, s.PlaceOrder, false},
		{get, "/orders", edge.SignedIn, s.ListOrders, false},
		{get, "/orders.csv", edge.SignedIn, s.ExportOrders, false},
		{get, "/orders/:id", edge.SignedIn, s.ShowOrder, false},
		{post, "/orders/:id/requirements", edge.SignedIn, s.SubmitRequirements, true},
		{post, "/orders/:id/skip-requirements", edge.SignedIn, s.SkipRequirements, false},
		{post, "/orders/:id/deliveries", edge.SignedIn, s.Deliver, true},
		{post, "/orders/:id/revisions", edge.SignedIn, s.RequestRevision, false},
		{post, "/orders/:id/accept", edge.SignedIn, s.AcceptDelivery, false},
		{post, "/orders/:id/cancel", edge.SignedIn, s.CancelOrder, false},
		{post, "/orders/:id/reviews", edge.SignedIn, s.WriteReview, false},
		{post, "/orders/:id/changes", edge.SignedIn, s.AskForChange, false},
		{post, "/orders/:id/changes/accept", edge.SignedIn, s.AcceptChange, false},
		{post, "/orders/:id/changes/decline", edge.SignedIn, s.DeclineChange, false},
		{post, "/orders/:id/changes/withdraw", edge.SignedIn, s.WithdrawChange, false},
		{post, "/orders/:id/extend-review", edge.SignedIn, s.ExtendReview, false},
		{post, "/orders/:id/refunds", edge.SignedIn, s.RefundPart, false},
		{post, "/orders/:id/disputes", edge.SignedIn, s.OpenDispute, true},
		{post, "/orders/:id/disputes/statements", edge.SignedIn, s.StateInDispute, true},
		{post, "/orders/:id/disputes/withdraw", edge.SignedIn, s.WithdrawDispute, false},
		{post, "/orders/:id/disputes/resolve", edge.SignedIn, s.ResolveDispute, false},
		{post, "/orders/:id/staff-cancel", edge.SignedIn, s.StaffCancel, false},
		{post, "/orders/:id/staff-refund", edge.SignedIn, s.StaffRefund, false},
		{post, "/orders/:id/tips", edge.SignedIn, s.TipSeller, false},
		{get, "/orders/:id/files/:file", edge.SignedIn, s.ShowFile, false},
		{get, "/files/:token", edge.Anyone, s.ShowLinkedFile, false},
		{get, "/orders/:id/invoice", edge.SignedIn, s.ShowInvoice, false},
		{get, "/orders/:id/invoice.pdf", edge.SignedIn, s.WriteInvoice, false},
		{get, "/pay/:id", edge.SignedIn, s.ShowCheckoutPage, false},
		{get, "/simulator/pay/:id", edge.SignedIn, s.ShowPayment, false},
		{post, "/simulator/pay/:id/succeed", edge.SignedIn, s.SucceedPayment, false},
		{post, "/simulator/pay/:id/decline", edge.SignedIn, s.DeclinePayment, false},
		{post, "/simulator/pay/:id/challenge", edge.SignedIn, s.ChallengePayment, false},
		{get, "/simulator/onboarding/:id", edge.Development, s.ShowOnboarding, false},
		{post, "/simulator/onboarding/:id", edge.Development, s.DecideOnboarding, false},
	}
}

// offering is what a seller and a buyer agree on between themselves.
func (s *Site) offering() []Page {
	return []Page{
		{get, "/inbox/:id/offer", edge.Verified, s.ShowNewOffer, false},
		{post, "/inbox/:id/offer", edge.Verified, s.SendOffer, false},
		{get, "/offers", edge.SignedIn, s.ListOffers, false},
		{get, "/offers/:id", edge.SignedIn, s.ShowOffer, false},
		{get, "/offers/:id/card", edge.SignedIn, s.ShowOfferCard, false},
		{get, "/offers/:id/counter", edge.Verified, s.ShowCounterOffer, false},
		{post, "/offers/:id/counter", edge.Verified, s.CounterOffer, false},
		{post, "/offers/:id/accept", edge.Verified, s.AcceptOffer, false},
		{post, "/offers/:id/decline", edge.SignedIn, s.DeclineOffer, false},
		{post, "/offers/:id/withdraw", edge.SignedIn, s.WithdrawOffer, false},
		{get, "/offers/:id/order", edge.Verified, s.ShowOfferCheckout, false},
		{post, "/offers/:id/order", edge.Verified, s.OrderMilestone, false},
	}
}

// talking is messages, what staff do about reported ones, and notifications.
func (s *Site) talking() []Page {
	return []Page{
		{get, "/inbox", edge.SignedIn, s.ListConversations, false},
		{post, "/inbox", edge.SignedIn, s.OpenConversation, false},
		{get, "/inbox/replies", edge.SignedIn, s.ListReplies, false},
		{post, "/inbox/replies", edge.SignedIn, s.SaveReply, false},
		{post, "/inbox/replies/:reply", edge.SignedIn, s.SaveReply, false},
		{post, "/inbox/replies/:reply/delete", edge.SignedIn, s.DeleteReply, false},
		{get, "/inbox/safety", edge.SignedIn, s.ShowSafety, false},
		{post, "/inbox/safety", edge.SignedIn, s.Unblock, false},
		{get, "/inbox/:id", edge.SignedIn, s.ShowConversation, false},
		{post, "/inbox/:id", edge.SignedIn, s.SendMessage, true},
		{get, "/inbox/:id/messages", edge.SignedIn, s.ListMessages, false},
		{post, "/inbox/:id/messages/:message", edge.SignedIn, s.EditMessage, false},
		{post, "/inbox/:id/messages/:message/delete", edge.SignedIn, s.DeleteMessage, false},
		{post, "/inbox/:id/read", edge.SignedIn, s.ReadConversation, false},
		{post, "/inbox/:id/tidy", edge.SignedIn, s.TidyConversation, false},
		{post, "/inbox/:id/block", edge.SignedIn, s.BlockPerson, false},
		{get, "/inbox/:id/report", edge.SignedIn, s.ShowReport, false},
		{post, "/inbox/:id/report", edge.SignedIn, s.ReportPerson, false},
		{get, "/inbox/:id/files/:file", edge.SignedIn, s.ShowMessageFile, false},
		{get, "/inbox/:id/pictures/:file", edge.SignedIn, s.ShowMessagePicture, false},
		{get, "/attachments/:token", edge.Anyone, s.ShowLinkedAttachment, false},
		{get, "/operator/reports", edge.Staff, s.ListCases, false},
		{get, "/operator/reports/:id", edge.Staff, s.ShowCase, false},
		{post, "/operator/reports/:id/read", edge.Staff, s.ReadCase, false},
		{post, "/operator/reports/:id/close", edge.Staff, s.CloseCase, false},
		{get, "/operator/screening", edge.Staff, s.ShowScreening, false},
		{post, "/operator/screening", edge.Operator, s.SetScreening, false},
		{get, "/notifications", edge.SignedIn, s.ListNotifications, false},
		{post, "/notifications/read", edge.SignedIn, s.ReadNotifications, false},
	}
}

// developing is the pages of a development machine.
func (s *Site) developing() []Page {
	return []Page{
		{get, "/dev/mail", edge.Development, s.ListMails, false},
		{get, "/dev/mail/:id", edge.Development, s.ShowMail, false},
		{get, "/dev/mail/:id/html", edge.Development, s.ShowMailBody, false},
		{get, "/dev/payments", edge.Development, s.ShowSimulator, false},
		{post, "/dev/payments", edge.Development, s.Simulate, false},
		{get, "/dev/styleguide", edge.Development, s.ShowStyleguide, false},
	}
}
