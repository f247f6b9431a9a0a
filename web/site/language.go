package site

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
	"marketplace/platform/fault"
	"marketplace/web/language"
)

// pages are the templates of one language, by folder/name.
type pages = map[string]func() (*template.Template, error)

// languageCookie keeps the language that somebody has chosen; it is no secret, and holds for a year.
const languageCookie = "lang"

// choice is a language that a page can be read in, with the address that chooses it.
type choice struct {
	*language.Language
	Path    string
	Current bool
}

// Languages are those that the site can be read in.
func (s *Site) Languages() *language.Languages { return s.languages }

// language is that of a reader: named in the address (?lang=de, which is kept), chosen before, or asked for by the
// browser.
func (s *Site) language(c echo.Context) *language.Language {
	named := c.QueryParam(languageCookie)
	if s.languages.Named(named) != nil {
		return s.languages.Named(named)
	}
	if kept, err := c.Cookie(languageCookie); err == nil {
		named = kept.Value
	}
	return s.languages.Choose(named, c.Request().Header.Get("Accept-Language"))
}

// speak puts the language of the reader into the view, and keeps one that the address names.
func (s *Site) speak(c echo.Context, v *view) {
	v.Lang = s.language(c)
	c.Response().Header().Add("Vary", "Accept-Language, Cookie")
	if named := c.QueryParam(languageCookie); named == v.Lang.Tag {
		s.keepLanguage(c, named)
		if v.Canonical != "" && !v.Lang.English() {
			v.Canonical = inLanguage(v.Canonical, named)
		}
	}
	here := "/" // after a form, and after an error
	if _, failed := v.Data.(failure); !failed && c.Request().Method == http.MethodGet {
		here = c.Request().URL.EscapedPath()
		if v.Canonical != "" { // the query says what is shown
			here = c.Request().URL.RequestURI()
		}
	}
	v.Here = here
	for _, l := range s.languages.All() {
		v.Languages = append(v.Languages, choice{l, inLanguage(here, l.Tag), l == v.Lang})
	}
}

// keepLanguage makes the browser say from now on what its reader has chosen.
func (s *Site) keepLanguage(c echo.Context, tag string) {
	c.SetCookie(&http.Cookie{Name: languageCookie, Value: tag, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.Secure(), SameSite: http.SameSiteLaxMode})
}

// ChooseLanguage keeps the language that a member wants to read and to be written to in.
func (s *Site) ChooseLanguage(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	l := s.languages.Named(values.Get("language"))
	if l == nil {
		return fault.Wrong("language", "Choose a language.")
	}
	if _, err := s.Auth.SetLanguage(c.Request().Context(), auth.SetLanguageRequest{Language: l.Tag}); err != nil {
		return err
	}
	s.keepLanguage(c, l.Tag)
	return c.Redirect(http.StatusSeeOther, localPath(values.Get("next"), "/settings"))
}

// inLanguage is an address that names a language.
func inLanguage(address, tag string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "/?" + languageCookie + "=" + tag
	}
	query := u.Query()
	query.Del("next") // somebody else may have written it
	query.Set(languageCookie, tag)
	return u.EscapedPath() + "?" + query.Encode()
}

// words are what the scripts say, for those who do not read English: a JSON object, English to translated.
func words(l *language.Language) (string, error) {
	if l.English() {
		return "", nil
	}
	said := map[string]string{}
	for _, text := range scriptTexts() {
		said[text] = l.Text(text)
	}
	content, err := json.Marshal(said)
	return string(content), err
}

// scriptTexts are the texts of the scripts, in English.
func scriptTexts() []string {
	return []string{"You", "You get", "Seen", "Reconnecting…", "Sending…", "This message was deleted", "Custom offer", "Online", "Last seen", "This page has changed.", "Show it", "Not sent. Check your connection and send it again.", "Your draft from before is back.", "Discard it"}
}

// localizeField says what a field shows in a language: the names of its choices, and what is wrong with it.
func localizeField(l *language.Language, x field) field {
	x.Error = l.Text(x.Error)
	for i, o := range x.Options {
		if name, ok := l.Country(o.Value); ok && x.Name == "country" && !l.English() {
			x.Options[i].Label = name
			continue
		}
		word := strings.TrimLeft(o.Label, "\u2003") // what is below something else is moved in
		x.Options[i].Label = strings.TrimSuffix(o.Label, word) + l.Text(word)
	}
	return x
}
