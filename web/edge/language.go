package edge

import (
	"context"

	"marketplace/web/language"
)

type languageKey struct{}

// WithLanguage returns a context of somebody who reads a language.
func WithLanguage(ctx context.Context, l *language.Language) context.Context {
	return context.WithValue(ctx, languageKey{}, l)
}

// Language is what the one who asks reads; English if nobody has said.
func Language(ctx context.Context) *language.Language {
	if l, ok := ctx.Value(languageKey{}).(*language.Language); ok {
		return l
	}
	return language.English()
}
