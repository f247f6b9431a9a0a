package site

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// The most that a request may carry. Without files: ten answers of 5,000 characters fit.
const (
	formBytes    = 512 << 10
	avatarBytes  = 5<<20 + formBytes
	pictureBytes = 8<<20 + formBytes
	filesBytes   = 64 << 20 // all files of one request
	fileBytes    = 25 << 20
	mostFiles    = 10
	formMemory   = 8 << 20 // beyond it, a multipart request waits on disk
)

// form is what a page's form shows: what was typed or is kept, and what is wrong with it.
type form struct {
	Values  url.Values
	Errors  map[string]string // by the name of the input
	Message string            // about the form as a whole
	Rest    []string          // what is wrong with no input in particular
}

// filled is a form that shows values, given as name, value, name, value.
func filled(pairs ...string) form {
	f := form{Values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	return f
}

// Value is what an input shows.
func (f form) Value(name string) string { return f.Values.Get(name) }

// Has says whether an input with several values has this one.
func (f form) Has(name, value string) bool {
	for _, v := range f.Values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// rejected turns a fault about the request into the form to correct: what was typed, and each message beside its
// input. ok is false when err is something else, to be answered as an error page. Inputs that a browser does not send
// when they are empty (files, radio buttons) are named in silent; rename maps a fault's field to the input.
func rejected(values url.Values, err error, rename func(string) string, silent ...string) (f form, ok bool) {
	problem := fault.Of(err)
	if problem == nil || (problem.Code != fault.Invalid && problem.Code != fault.TooLarge) {
		return form{}, false
	}
	f = form{Values: values, Errors: map[string]string{}, Message: problem.Message}
	for _, name := range silent {
		if !values.Has(name) {
			values[name] = nil
		}
	}
	for _, field := range problem.Fields {
		name := field.Name
		if rename != nil {
			name = rename(name)
		}
		if _, known := values[name]; known {
			f.Errors[name] = field.Message
			continue
		}
		f.Rest = append(f.Rest, field.Message)
	}
	return f, true
}

// readForm reads the fields of a POST of at most limit bytes. Line ends become \n, as everywhere but in browsers.
func readForm(c echo.Context, limit int64) (url.Values, error) {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
	err := r.ParseForm() // first and by itself: ParseMultipartForm forgets its error
	if err == nil && strings.HasPrefix(r.Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
		err = r.ParseMultipartForm(formMemory)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, fault.TooLargef("That is too much at once: at most %d MB.", max(1, limit>>20))
	case err != nil:
		return nil, fault.Malformedf("The form could not be read. Please go back and try again.")
	}
	for _, values := range r.PostForm {
		for i, v := range values {
			v = strings.ReplaceAll(v, "\r\n", "\n")
			values[i] = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
	return r.PostForm, nil
}

// uploads returns the files that were chosen in an input, at most mostFiles of at most fileBytes each.
func uploads(c echo.Context, input string) ([]order.Upload, error) {
	m := c.Request().MultipartForm
	if m == nil {
		return nil, nil
	}
	var files []order.Upload
	for _, header := range m.File[input] {
		if header.Filename == "" {
			continue
		}
		if len(files) == mostFiles {
			return nil, fault.Wrong(input, "Choose at most %d files.", mostFiles)
		}
		if header.Size > fileBytes {
			return nil, fault.Wrong(input, "%s is larger than %d MB.", header.Filename, fileBytes>>20)
		}
		content, err := readUpload(header)
		if err != nil {
			return nil, err
		}
		files = append(files, order.Upload{Name: header.Filename, Content: content})
	}
	return files, nil
}

// chosenPicture returns the one file that was chosen in an input, or a fault about the input.
func chosenPicture(c echo.Context, input string) ([]byte, error) {
	files, err := uploads(c, input)
	if err != nil {
		return nil, err
	}
	if len(files) != 1 {
		return nil, fault.Wrong(input, "Choose a picture first.")
	}
	return files[0].Content, nil
}

// about puts what is wrong with a file, which the modules say without a field, beside the file's input.
func about(input string, err error) error {
	problem := fault.Of(err)
	if err == nil || len(problem.Fields) > 0 || (problem.Code != fault.Invalid && problem.Code != fault.TooLarge) {
		return err
	}
	return fault.Wrong(input, "%s", problem.Message)
}

func readUpload(header *multipart.FileHeader) ([]byte, error) {
	file, err := header.Open()
	if err != nil {
		return nil, fault.Malformedf("The file %s did not arrive whole. Please try again.", header.Filename)
	}
	content, err := io.ReadAll(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return nil, fault.Malformedf("The file %s did not arrive whole. Please try again.", header.Filename)
	}
	return content, nil
}

// lines splits a text field into its lines that say something.
func lines(text string) []string { return split(text, "\n") }

// split cuts a text at a separator and drops what is empty; the answer is never nil.
func split(text, separator string) []string {
	parts := []string{}
	for part := range strings.SplitSeq(text, separator) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
