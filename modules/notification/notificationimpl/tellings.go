package notificationimpl

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"text/template"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/modules/review"
)

// role is whom an event is told to.
type role string

const (
	buyer     role = "buyer"
	seller    role = "seller"
	subject   role = "subject"   // of a review
	recipient role = "recipient" // of a message
	reporter  role = "reporter"  // of somebody
	reported  role = "reported"
	owner     role = "owner" // of the account
)

// telling is who is told what when something happens. Title, text and link are templates over the event. With a button
// it is mailed too; with mailOnly it is only mailed. With a condition (when, a template that writes true) it is told of some
// events of the topic only.
type telling struct {
	kind     string
	to       role
	when     string
	title    string
	text     string
	link     string
	button   string
	mailOnly bool
}

const (
	orderPage  = "/orders/{{.OrderID}}"
	seeOrder   = "View the order"
	seeReviews = `{{if eq .AuthorRole "buyer"}}/gigs/{{.GigID}}{{else}}/orders/{{.OrderID}}{{end}}`
)

// tellings is everything that people are told (rows N1, N4), by topic. What follows from chat.Read, auth.SignedUp and
// auth.EmailVerified is not told, but noted.
func tellings() map[string][]telling {
	all := ordersBegin()
	maps.Copy(all, ordersEnd())
	maps.Copy(all, ordersBetween())
	maps.Copy(all, aboutOffers())
	maps.Copy(all, aboutMoney())
	maps.Copy(all, amongPeople())
	return all
}

// ordersBegin is what is told until the work is delivered.
func ordersBegin() map[string][]telling {
	return map[string][]telling{
		order.Paid{}.Topic(): {
			{kind: "order_paid", to: seller, link: orderPage, button: seeOrder,
				title: "New order: {{.GigTitle}}",
				text:  `{{.BuyerUsername}} ordered “{{.GigTitle}}” for {{money .Total}}; you earn {{money .Earnings}} when it is completed. {{if eq .Status "awaiting_requirements"}}The clock starts when your questions are answered.{{else}}You can begin now.{{end}}`},
			{kind: "order_receipt", to: buyer, link: orderPage, button: seeOrder,
				title: "Receipt for order {{.Number}}",
				text:  `You paid {{money .Total}} for “{{.GigTitle}}” by {{.SellerUsername}}. We hold the money until the work is done. {{if eq .Status "awaiting_requirements"}}Answer the seller's questions now, so that the work can begin.{{else}}The work can begin.{{end}}`},
		},
		order.Declined{}.Topic(): {
			{kind: "order_payment_declined", to: buyer, link: orderPage, button: "Try again",
				title: "Your payment was declined",
				text:  "{{money .Total}} for “{{.GigTitle}}” could not be charged{{with excerpt .Message}} ({{.}}){{end}}. You can try again, also with another card."},
		},
		order.Expired{}.Topic(): {
			{kind: "order_expired", to: buyer, link: orderPage, button: seeOrder,
				title: "Order {{.Number}} has expired",
				text:  "“{{.GigTitle}}” was not paid in time, so the order is closed. Nothing was charged."},
		},
		order.RequirementsDue{}.Topic(): {
			{kind: "order_requirements_due", to: buyer, link: orderPage, button: "Answer the questions",
				title: "{{.SellerUsername}} is waiting for your answers",
				text:  "“{{.GigTitle}}” begins when you have answered the seller's questions. Without answers the order is cancelled on {{date .CancelsAt}} and your money returned."},
		},
		order.Started{}.Topic(): {
			{kind: "order_started", to: seller, link: orderPage, button: seeOrder,
				title: "You can begin: {{.GigTitle}}",
				text:  "Order {{.Number}} by {{.BuyerUsername}} has everything that you asked for. Deliver by {{date .DueAt}}."},
		},
		order.Delivered{}.Topic(): {
			{kind: "order_delivered", to: buyer, link: orderPage, button: "Look at the delivery",
				title: "{{.SellerUsername}} delivered your order",
				text:  "Look at the delivery of “{{.GigTitle}}”, then accept it or ask for a revision. The order completes by itself on {{date .CompletesAt}}."},
		},
	}
}

// ordersEnd is what is told from then on.
func ordersEnd() map[string][]telling {
	return map[string][]telling{
		order.CompletionNear{}.Topic(): {
			{kind: "order_completion_near", to: buyer, link: orderPage, button: "Look at the delivery",
				title: "Your order completes soon",
				text:  "“{{.GigTitle}}” was delivered and completes by itself on {{date .CompletesAt}}. Until then you can accept it or ask for a revision."},
		},
		order.RevisionRequested{}.Topic(): {
			{kind: "order_revision_requested", to: seller, link: orderPage, button: seeOrder,
				title: "{{.BuyerUsername}} asks for a revision",
				text:  "About “{{.GigTitle}}”{{with excerpt .Message}}: “{{.}}”{{end}}. Deliver again by {{date .DueAt}}."},
		},
		order.Completed{}.Topic(): {
			{kind: "order_completed", to: buyer, link: orderPage, button: "Write a review",
				title: "Order {{.Number}} is complete",
				text:  "{{if .Automatic}}“{{.GigTitle}}” has completed by itself.{{else}}You accepted “{{.GigTitle}}”.{{end}} Tell others how {{.SellerUsername}} did."},
			{kind: "order_completed", to: seller, link: orderPage, button: seeOrder,
				title: "You earned {{money .Earnings}}",
				text:  "Order {{.Number}}, “{{.GigTitle}}”, is complete. You can withdraw the money from {{date .ClearsAt}}. Tell others how {{.BuyerUsername}} was to work with."},
		},
		order.Cancelled{}.Topic(): {
			{kind: "order_cancelled", to: buyer, link: orderPage, button: seeOrder,
				title: "Order {{.Number}} was cancelled",
				text:  "“{{.GigTitle}}” was cancelled{{with excerpt .Reason}}: “{{.}}”{{end}}.{{if .Refunded.Minor}} We return {{money .Refunded}} to you.{{end}}"},
			{kind: "order_cancelled", to: seller, link: orderPage, button: seeOrder,
				title: "Order {{.Number}} was cancelled",
				text:  "“{{.GigTitle}}” for {{.BuyerUsername}} was cancelled{{with excerpt .Reason}}: “{{.}}”{{end}}. Nothing more has to be done."},
		},
	}
}

// amongPeople is what is told beside orders.
func amongPeople() map[string][]telling {
	return map[string][]telling{
		review.Written{}.Topic(): {
			{kind: "review_written", to: subject, link: orderPage, button: "Write your review",
				title: "{{.AuthorUsername}} reviewed you: write yours to see it",
				text:  "The reviews of “{{.GigTitle}}” become public together: when both are written, or when the time for them is over."},
		},
		review.Published{}.Topic(): {
			{kind: "review_published", to: subject, link: seeReviews,
				title: "{{.AuthorUsername}} gave you {{.Rating}} of 5 stars",
				text:  "The review of “{{.GigTitle}}” is public now."},
		},
		chat.MessageSent{}.Topic(): {
			{kind: "chat_message", to: recipient, link: "/inbox/{{.ConversationID}}",
				title: "New message from {{.SenderUsername}}",
				text:  "Open the conversation to read it."},
		},
		chat.CaseRead{}.Topic(): {
			{kind: "case_read", to: reporter, link: "/inbox/{{.ConversationID}}",
				title: "Our team has read your conversation with {{.ReportedUsername}}",
				text:  "You had reported it. You are told here what comes of it."},
			{kind: "case_read", to: reported, link: "/inbox/{{.ConversationID}}",
				title: "Our team has read your conversation with {{.ReporterUsername}}",
				text:  "It was reported. The conversation shows when it was read."},
		},
		chat.CaseClosed{}.Topic(): {
			{kind: "case_closed", to: reporter, link: "/inbox/safety", button: "See your reports",
				title: `Your report about {{.ReportedUsername}}: {{if eq .Status "upheld"}}we have acted{{else}}there is nothing to do{{end}}`,
				text:  "{{excerpt .Note}}"},
		},
		auth.PasswordChanged{}.Topic(): {
			{kind: "password_changed", to: owner, link: "/forgot-password", button: "It was not me", mailOnly: true,
				title: "Your password was changed",
				text:  "The password of your account was changed on {{date .At}}{{if .Reset}} with a link that we had mailed to you{{end}}, and your other sessions were ended. If it was you, all is well. If not, choose a new password now."},
		},
	}
}

// line is a telling whose templates are read, in every language.
type line struct {
	telling
	condition *template.Template
	said      map[string]saying // by language
}

// saying is a telling in one language.
type saying struct {
	title, text, link *template.Template
	button            string
}

func parseTellings(table map[string][]telling, tongues map[string]tongue) (map[string][]line, error) {
	parsed := map[string][]line{}
	for topic, list := range table {
		for _, t := range list {
			l, err := t.parse(tongues)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.kind, err)
			}
			parsed[topic] = append(parsed[topic], l)
		}
	}
	return parsed, nil
}

func (t telling) parse(tongues map[string]tongue) (l line, err error) {
	l = line{telling: t, said: map[string]saying{}}
	if l.condition, err = template.New(t.kind).Option("missingkey=error").Parse(cmp.Or(t.when, "true")); err != nil {
		return l, err
	}
	for tag, in := range tongues {
		if l.said[tag], err = in.read(t); err != nil {
			return l, fmt.Errorf("in %s: %w", tag, err)
		}
	}
	return l, nil
}

// read reads the templates of a telling in the language.
func (g tongue) read(t telling) (s saying, err error) {
	funcs := template.FuncMap{"date": g.Moment, "money": g.Money, "excerpt": excerpt}
	s.button = g.say(t.button)
	for into, text := range map[**template.Template]string{&s.title: g.say(t.title), &s.text: g.say(t.text), &s.link: t.link} {
		if *into, err = template.New(t.kind).Funcs(funcs).Option("missingkey=error").Parse(text); err != nil {
			return s, err
		}
	}
	return s, nil
}

// told is a telling about one event.
type told struct{ title, text, link, button string }

// concerns says whether the event is one of those that the line is about.
func (l line) concerns(event any) (bool, error) {
	var out strings.Builder
	if err := l.condition.Execute(&out, event); err != nil {
		return false, fmt.Errorf("look whether to say what happened (%s): %w", l.kind, err)
	}
	return out.String() == "true", nil
}

// of fills the templates with the event.
func (s saying) of(event any) (t told, err error) {
	t.button = s.button
	for into, tpl := range map[*string]*template.Template{&t.title: s.title, &t.text: s.text, &t.link: s.link} {
		var out strings.Builder
		if err := tpl.Execute(&out, event); err != nil {
			return t, fmt.Errorf("say what happened: %w", err)
		}
		*into = strings.Join(strings.Fields(out.String()), " ") // one line: a title of a gig is not ours
	}
	return t, nil
}

// excerpt is the beginning of what somebody wrote.
func excerpt(text string) string {
	const most = 200
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
