package notificationimpl

import (
	"cmp"
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
	"time"
)

//go:embed templates
var templates embed.FS

// letter is a mail before it has a form.
type letter struct {
	tongue     tongue // that it is written in
	Subject    string
	Username   string
	Paragraphs []string
	Button     string
	Link       string // absolute
	Note       string // small, below the button
	OrderID    string // that it is about; for the log
	Why        string // they get it, in English; empty: they have an account
}

// letters are the mails that other modules have sent, by template (row N3). They carry links that no event may carry.
func letters() map[string]letter {
	return map[string]letter{
		"verify_email": {
			Subject:    "Confirm your e-mail address",
			Paragraphs: []string{"Please confirm that this address is yours. Then you can buy and sell."},
			Button:     "Confirm the address",
			Note:       "The link works for 24 hours. If you did not sign up, you need not do anything.",
		},
		"reset_password": {
			Subject:    "Choose a new password",
			Paragraphs: []string{"Somebody, probably you, asked for a new password for your account."},
			Button:     "Choose a new password",
			Note:       "The link works once, for half an hour. If it was not you, you need not do anything: your password stays as it is.",
		},
		"address_taken": {
			Subject:    "You have an account already",
			Paragraphs: []string{"Somebody, probably you, tried to sign up with this address. It belongs to your account already: log in to that one. If you have lost its password, you can choose a new one there."},
			Button:     "Log in",
			Note:       "If it was not you, you need not do anything: nobody else can confirm your address.",
		},
		"session_stolen": {
			Subject:    "We have ended one of your sessions",
			Paragraphs: []string{"The key of one of your sessions was used twice. That happens when somebody has copied it, or when a program has kept an old one. To be safe, we have logged that session out."},
			Button:     "See where you are logged in",
			Note:       "If you do not know one of the devices there, log it out and choose a new password.",
		},
	}
}

// in is the letter in a language.
func (x letter) in(g tongue) letter {
	x.tongue, x.Subject, x.Button, x.Note = g, g.say(x.Subject), g.say(x.Button), g.say(x.Note)
	said := make([]string, len(x.Paragraphs))
	for i, p := range x.Paragraphs {
		said[i] = g.say(p)
	}
	x.Paragraphs = said
	return x
}

// What every letter says around its own words.
const (
	greeting = "Hello %s,"
	fallback = "If the button does not work, open this address:"
	why      = "You get this mail because you have an account here. It cannot be answered."
)

// layout gives letters their form, in text and in HTML.
type layout struct {
	name, url string
	text      *template.Template
	html      *htmltemplate.Template
}

func newLayout(name, url string) (l layout, err error) {
	l.name, l.url = name, url
	if l.text, err = template.ParseFS(templates, "templates/letter.txt"); err != nil {
		return l, err
	}
	l.html, err = htmltemplate.ParseFS(templates, "templates/letter.html")
	return l, err
}

// formed is a letter as it is sent.
type formed struct {
	text, html string
	links      []string // every link in it, its own first
}

func (l layout) form(x letter, now time.Time) (f formed, err error) {
	data := struct {
		letter
		Name, URL, Lang         string
		Greeting, Fallback, Why string // Why: in the language
		Year                    int
	}{
		letter: x, Name: l.name, URL: l.url, Lang: x.tongue.tag, Year: now.Year(),
		Greeting: fmt.Sprintf(x.tongue.say(greeting), x.Username), Fallback: x.tongue.say(fallback), Why: x.tongue.say(cmp.Or(x.Why, why)),
	}
	var text, html strings.Builder
	if err := l.text.Execute(&text, data); err != nil {
		return f, err
	}
	if err := l.html.Execute(&html, data); err != nil {
		return f, err
	}
	return formed{text: text.String(), html: html.String(), links: []string{x.Link, l.url}}, nil
}
