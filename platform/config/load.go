package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// DefaultFile is read when no other file is named, if it is there.
const DefaultFile = "config.yaml"

const (
	prefix      = "MARKETPLACE_"
	maxFile     = 1 << 20 // bytes of config.yaml
	maxSecret   = 64 << 10
	fileSuffix  = "_FILE"
	environFile = prefix + "CONFIG" // names the file, as --config does
)

// Options say where to read from. The zero value reads config.yaml in the working folder, if there is one, and the
// environment of the process.
type Options struct {
	File    string         // must exist when it is named
	Environ []string       // KEY=value; nil is the environment of the process, an empty slice is none
	Flags   map[string]any // by dotted key (mail.smtp); only the flags that were given
}

// Load reads and checks the configuration. The error lists everything that is wrong, one sentence a line, each naming
// the key where the operator wrote it and what is allowed.
func Load(o Options) (Config, error) {
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	file, err := fileLayer(o)
	if err != nil {
		return Config{}, err
	}
	environ, problems := environLayer(o.Environ)
	flags, wrong := flagLayer(o.Flags)
	problems = append(problems, wrong...)

	layers := []layer{file, environ, flags}
	for _, l := range layers {
		problems = append(problems, l.check()...)
	}
	c, unread, err := merge(layers)
	if err != nil {
		return Config{}, err
	}
	c.normalize()
	problems = append(problems, c.validate().except(unread)...) // told together, so that one start tells everything
	if len(problems) > 0 {
		return Config{}, problems.err()
	}
	c.derive()
	return c, nil
}

// layer is what one source says: nested values, and how the operator calls a key there.
type layer struct {
	values map[string]any
	called func(key string) string
}

// check decodes the layer alone, so that what is wrong in it is told by the name it has there.
func (l layer) check() problems {
	var scratch Config
	var found problems
	for _, w := range decode(l.values, &scratch) {
		found = append(found, l.called(w.key)+" "+w.sentence)
	}
	return found
}

// merge lays the later over the earlier. What could not be read, as the check of a layer has told, is in unread.
func merge(layers []layer) (c Config, unread []wrong, err error) {
	k := koanf.New(".")
	for _, l := range layers {
		if err := k.Load(confmap.Provider(l.values, ""), nil); err != nil {
			return Config{}, nil, fmt.Errorf("merge the configuration: %w", err)
		}
	}
	c = Defaults()
	unread = decode(k.Raw(), &c)
	return c, unread, nil
}

func fileLayer(o Options) (layer, error) {
	name := o.File
	if name == "" {
		name = lookup(o.Environ, environFile)
	}
	optional := name == ""
	if optional {
		name = DefaultFile
	}
	l := layer{called: func(key string) string { return name + ": " + key }}
	content, err := readLimited(name, maxFile)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, fmt.Errorf("read the configuration: %w", err)
	}
	if l.values, err = yaml.Parser().Unmarshal(content); err != nil {
		return l, fmt.Errorf("read the configuration: %s: %w", name, err)
	}
	dropNil(l.values)
	return l, nil
}

// environLayer takes the variables with our prefix. A variable that names a file is replaced by what the file holds.
func environLayer(environ []string) (layer, problems) {
	var wrong problems
	l := layer{values: map[string]any{}, called: func(key string) string { return environName(key) }}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if known := usual(name); known != "" {
			name = known
		}
		if !strings.HasPrefix(name, prefix) || name == environFile {
			continue
		}
		bare, isFile := strings.CutSuffix(name, fileSuffix)
		if isFile = isFile && holdsSecret(environKey(bare)); isFile {
			if slices.ContainsFunc(environ, func(e string) bool { return strings.HasPrefix(e, bare+"=") }) {
				wrong = append(wrong, fmt.Sprintf("%s and %s are both set: keep one of them.", bare, name))
				continue
			}
			content, err := readLimited(value, maxSecret)
			if err != nil {
				wrong = append(wrong, fmt.Sprintf("%s must name a file that can be read: %v.", name, err))
				continue
			}
			name, value = bare, strings.TrimRight(string(content), "\r\n")
		}
		if err := set(l.values, environKey(name), value); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s %v", name, err))
		}
	}
	return l, wrong
}

// usual is our name of a variable that Elastic's own programs read, or empty.
func usual(name string) string {
	switch name {
	case "ELASTICSEARCH_URL", "ELASTICSEARCH_API_KEY", "ELASTICSEARCH_API_KEY_FILE":
		return prefix + strings.Replace(name, "_", "__", 1)
	}
	return ""
}

func flagLayer(flags map[string]any) (layer, problems) {
	var wrong problems
	called := func(key string) string { return "--" + key }
	l := layer{values: map[string]any{}, called: called}
	for key, value := range flags {
		if err := set(l.values, key, value); err != nil {
			wrong = append(wrong, fmt.Sprintf("%s %v", called(key), err))
		}
	}
	return l, wrong
}

func lookup(environ []string, name string) string {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func environKey(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "__", ".")
}

func environName(key string) string {
	return prefix + strings.ReplaceAll(strings.ToUpper(key), ".", "__")
}

// set puts the value at the dotted key, making the sections on the way.
func set(values map[string]any, key string, value any) error {
	path := strings.Split(key, ".")
	for _, part := range path[:len(path)-1] {
		next, there := values[part]
		if !there {
			next = map[string]any{}
			values[part] = next
		}
		section, ok := next.(map[string]any)
		if !ok {
			return fmt.Errorf("cannot be set together with %s: that is the section it belongs to.", part)
		}
		values = section
	}
	last := path[len(path)-1]
	if _, there := values[last]; there {
		return fmt.Errorf("is said twice.")
	}
	values[last] = value
	return nil
}

// dropNil takes "key:" without a value as not said.
func dropNil(values map[string]any) {
	for key, value := range values {
		if value == nil {
			delete(values, key)
		} else if section, ok := value.(map[string]any); ok {
			dropNil(section)
		}
	}
}

func readLimited(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > limit {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes", name, limit)
	}
	return os.ReadFile(name)
}

// problems are sentences for the operator.
type problems []string

// except leaves out what is about keys that could not be read: that is told already.
func (p problems) except(unread []wrong) problems {
	return slices.DeleteFunc(p, func(sentence string) bool {
		return slices.ContainsFunc(unread, func(w wrong) bool {
			key := strings.TrimRight(w.key, ".0123456789") // of the list that an entry belongs to
			return key != "" && strings.HasPrefix(sentence, key)
		})
	})
}

func (p problems) err() error {
	slices.Sort(p)
	return errors.New("the configuration cannot be used:\n  " + strings.Join(slices.Compact(p), "\n  "))
}
