package site

import (
	"bytes"
	"html/template"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown turns what people write into HTML that is safe to show (ASVS 1.3.1): goldmark leaves out raw HTML, and
// bluemonday lets through only what it is told to.
type markdown struct {
	convert goldmark.Markdown
	policy  *bluemonday.Policy
}

// newMarkdown takes how many levels of headings the page has around the text.
func newMarkdown(levels int) *markdown {
	policy := bluemonday.NewPolicy()
	policy.AllowElements("p", "br", "strong", "em", "del", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote",
		"code", "pre", "hr", "table", "thead", "tbody", "tr", "th", "td")
	policy.AllowAttrs("href").OnElements("a")
	policy.AllowURLSchemes("http", "https", "mailto")
	policy.RequireParseableURLs(true)
	policy.AllowRelativeURLs(levels < pageLevels) // of operators alone
	policy.RequireNoFollowOnLinks(true)
	policy.RequireNoReferrerOnLinks(true)
	return &markdown{
		policy: policy,
		convert: goldmark.New(
			goldmark.WithExtensions(extension.Strikethrough, extension.Table, extension.Linkify),
			goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(lowerHeadings{levels}, 100))),
		),
	}
}

// HTML renders a text; what cannot be rendered is shown as it was written, escaped.
func (m *markdown) HTML(source string) template.HTML {
	var out bytes.Buffer
	if err := m.convert.Convert([]byte(source), &out); err != nil {
		return template.HTML(template.HTMLEscapeString(source)) //nolint:gosec // escaped
	}
	return template.HTML(m.policy.SanitizeBytes(out.Bytes())) //nolint:gosec // sanitised
}

// lowerHeadings puts headings of a text below the two levels of the page that shows it, and leaves no level out.
type lowerHeadings struct{ levels int }

const (
	pageLevels = 2
	lastLevel  = 6
)

// Transform implements parser.ASTTransformer.
func (h lowerHeadings) Transform(document *ast.Document, _ text.Reader, _ parser.Context) {
	written, shown := 0, h.levels // of the heading before
	_ = ast.Walk(document, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		heading, ok := node.(*ast.Heading)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		level := shown + 1
		if heading.Level <= written {
			level = shown - (written - heading.Level)
		}
		written, shown = heading.Level, min(max(level, h.levels+1), lastLevel)
		heading.Level = shown
		return ast.WalkContinue, nil
	})
}
