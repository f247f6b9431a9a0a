package language

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode"
)

// Localize translates the literal texts of a template in place: what stands between tags, the attributes that people
// read, and the texts that are handed to the functions and parts that show them. It must come before the template is
// executed for the first time. Nothing is looked up when a page is shown.
func (l *Language) Localize(t *template.Template) error {
	if l.English() {
		return nil
	}
	return Walk(t, l.Text)
}

// Walk calls translate with every literal text of a template and puts its answer in the place of the text.
func Walk(t *template.Template, translate func(string) string) error {
	if t.Tree == nil || t.Tree.Root == nil {
		return nil
	}
	w := walker{translate: translate}
	w.at.tag = strings.HasSuffix(t.Name(), "-attributes") // a part that stands inside a tag
	w.list(t.Tree.Root)
	if w.wrong != nil {
		return fmt.Errorf("read the texts of %s: %w", t.Name(), w.wrong)
	}
	return nil
}

// walker goes through a template, and knows where in the HTML it is.
type walker struct {
	translate func(string) string
	at        place
	wrong     error
}

// place is a position in HTML.
type place struct {
	tag       bool   // between < and >
	element   string // the tag that is open
	attribute string // whose value is being read
	quoted    bool
	raw       string // the element whose content nobody reads: script, style, code, pre
}

func (w *walker) list(l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			n.Text = []byte(w.html(string(n.Text)))
		case *parse.ActionNode:
			w.pipe(n.Pipe)
		case *parse.TemplateNode:
			w.pipe(n.Pipe)
		case *parse.IfNode:
			w.branch(&n.BranchNode)
		case *parse.WithNode:
			w.branch(&n.BranchNode)
		case *parse.RangeNode:
			w.branch(&n.BranchNode)
		}
	}
}

// branch: both ways begin at the same place; html/template itself demands that they end at the same.
func (w *walker) branch(b *parse.BranchNode) {
	w.pipe(b.Pipe)
	before := w.at
	w.list(b.List)
	after := w.at
	w.at = before
	w.list(b.ElseList)
	w.at = after
}

// html translates what people read of a piece of HTML.
func (w *walker) html(text string) string {
	var out strings.Builder
	for text != "" {
		var piece string
		piece, text = w.next(text)
		out.WriteString(piece)
	}
	return out.String()
}

// next takes one piece off the text: a run that people read, or a step through a tag.
func (w *walker) next(text string) (piece, rest string) {
	switch {
	case w.at.quoted:
		end := strings.IndexByte(text, '"')
		if end < 0 {
			return w.value(text), ""
		}
		name := w.value(text[:end])
		w.at.quoted, w.at.attribute = false, ""
		return name + `"`, text[end+1:]
	case w.at.tag:
		return w.inTag(text)
	}
	end := strings.IndexByte(text, '<')
	if end < 0 {
		end = len(text)
	}
	if end > 0 {
		if w.at.raw != "" {
			return text[:end], text[end:]
		}
		return w.run(text[:end]), text[end:]
	}
	w.at.tag, w.at.element = true, ""
	name := strings.TrimLeft(text[1:], "/")
	if i := strings.IndexFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }); i >= 0 {
		name = name[:i]
	}
	w.at.element = strings.ToLower(name)
	closing := strings.HasPrefix(text, "</")
	switch w.at.element {
	case "script", "style", "code", "pre", "svg":
		if closing {
			w.at.raw = ""
		} else if w.at.raw == "" {
			w.at.raw = w.at.element
		}
	}
	return "<", text[1:]
}

// inTag goes on to the next value or to the end of the tag.
func (w *walker) inTag(text string) (piece, rest string) {
	for i := range len(text) {
		switch text[i] {
		case '>':
			w.at.tag = false
			return text[:i+1], text[i+1:]
		case '"':
			head := strings.TrimRight(text[:i], "=")
			if cut := strings.LastIndexAny(head, " \n\t"); cut >= 0 {
				head = head[cut+1:]
			}
			w.at.quoted, w.at.attribute = true, head
			return text[:i+1], text[i+1:]
		}
	}
	return text, ""
}

// value translates a part of the value of an attribute that people read or hear.
func (w *walker) value(text string) string {
	switch w.at.attribute {
	case "alt", "title", "placeholder", "aria-label", "data-label":
		return w.run(text)
	}
	return text
}

// run translates a text and keeps the space around it. Quotation marks are a text too: each language has its own.
func (w *walker) run(text string) string {
	core := strings.TrimSpace(text)
	if !strings.ContainsFunc(core, unicode.IsLetter) && !strings.ContainsAny(core, "“”") || strings.HasPrefix(core, "<!") || strings.HasPrefix(core, "&") && !strings.Contains(core, " ") {
		return text
	}
	start := strings.Index(text, core)
	return text[:start] + w.translate(strings.Join(strings.Fields(core), " ")) + text[start+len(core):]
}

// pipe translates the texts among the arguments of the functions that show them.
func (w *walker) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	for _, c := range p.Cmds {
		name := ""
		if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
			name = id.Ident
		}
		for i, argument := range c.Args {
			switch a := argument.(type) {
			case *parse.PipeNode:
				w.pipe(a)
			case *parse.StringNode:
				w.argument(name, i, c.Args, a)
			}
		}
	}
}

// argument translates one argument if it is a text that will be shown.
func (w *walker) argument(function string, i int, all []parse.Node, s *parse.StringNode) {
	switch function {
	case "field":
		for _, setting := range []string{"help=", "placeholder="} {
			if text, ok := strings.CutPrefix(s.Text, setting); ok && text != "" {
				w.set(s, setting, text)
			}
		}
		if i == 3 {
			w.set(s, "", s.Text)
		}
	case "dict":
		if key, ok := all[i-1].(*parse.StringNode); ok && i%2 == 0 {
			switch key.Text {
			case "Title", "Text", "Action", "Label":
				w.set(s, "", s.Text)
			}
		}
	case "print", "printf":
		if text := strings.TrimSpace(s.Text); text != "" && unicode.IsUpper([]rune(text)[0]) {
			w.set(s, "", s.Text)
		}
	case "or":
		if strings.Contains(s.Text, " ") {
			w.set(s, "", s.Text)
		}
	}
}

// set translates what follows a prefix, with the space around it kept.
func (w *walker) set(s *parse.StringNode, prefix, text string) {
	s.Text = prefix + w.run(text)
	s.Quoted = strconv.Quote(s.Text)
}
