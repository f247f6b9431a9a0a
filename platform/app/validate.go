package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"marketplace/platform/config"
)

// The names that the configuration knows beside those of the modules.
const (
	all    = "all"
	web    = "web"
	memory = "memory"
)

// shortest is how many characters a secret has at least: as many bytes as HS256 asks for (RFC 7518, 3.2).
const shortest = 32

// validate refuses what cannot work, one sentence a reason. Names of modules are checked later (App.Err): only then
// is it known which there are.
func validate(c config.Config) error {
	var errs []error
	refuse := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(c.Data == "", "data is empty: say in which folder databases, files and generated secrets are kept")
	refuse(split(c) && (c.Events == memory || c.Events == ""),
		"the modules run in several processes, and events: memory does not leave this one: set events to amqp://…")
	refuse(len(c.Remotes) > 0 && len(c.RPC.Secrets) == 0,
		"remotes are set, and no secret to call them with: set rpc.secrets, the same in every process")
	refuse(c.RPC.Listen != "" && len(c.RPC.Secrets) == 0,
		"rpc.listen is set, and no secret to know the callers by: set rpc.secrets, the same in every process")
	for i, s := range c.RPC.Secrets {
		refuse(len(s) < shortest, "rpc.secrets.%d is too short: use at least %d random characters", i, shortest)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Remotes)) {
		refuse(len(c.Remotes[name]) == 0 && !hosts(c, name), "remotes.%s has no address: write http://host:port", name)
	}
	return errors.Join(errs...)
}

// hosts says whether the process runs the module; an empty list is all of them.
func hosts(c config.Config, module string) bool {
	return len(c.Modules) == 0 || slices.Contains(c.Modules, all) || slices.Contains(c.Modules, module)
}

// split says whether some modules run in other processes. One that hosts all is whole, whatever else it could reach.
func split(c config.Config) bool {
	for name := range c.Remotes {
		if !hosts(c, name) {
			return true
		}
	}
	return !hosts(c, web)
}

// named returns every name that the configuration uses for a module.
func named(c config.Config) []string {
	names := map[string]bool{}
	for _, name := range c.Modules {
		names[name] = true
	}
	for name := range c.Remotes {
		names[name] = true
	}
	for name := range c.Databases {
		names[name] = true
	}
	for name := range c.Settings {
		names[name] = true
	}
	delete(names, all)
	return slices.Sorted(maps.Keys(names))
}
