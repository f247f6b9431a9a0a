package app_test

import (
	"strings"
	"testing"

	"marketplace/platform/app"
	"marketplace/platform/config"
)

func TestOneStartTellsWhatIsWrongWithTheSettingsOfEveryModule(t *testing.T) {
	c := settings(t, func(c *config.Config) {
		c.Settings = map[string]any{"stock": map[string]any{"shelfs": 3}, "shop": map[string]any{"tills": "many", "open": "always"}}
	})
	a := begin(t, app.Options{Config: c})
	things := stockModule
	things.Check = app.NoSettings
	read := func(h *app.Host) (set struct {
		Tills int `koanf:"tills"`
	}, err error) {
		return set, h.Settings(&set)
	}
	selling := shopModule
	selling.Check = app.Checks(read)
	app.Use(a, selling, shopDeps{Stock: app.Use(a, things, struct{}{})})
	err := a.Err()
	for _, says := range []string{"settings.stock.shelfs is not a setting", "settings.shop.tills must be a whole number", "settings.shop.open is not a setting"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("not %q but: %v", says, err)
		}
	}
	if len(a.Hosted()) != 0 {
		t.Error("something was opened before the settings were looked at")
	}
}
