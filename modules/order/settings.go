package order

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Policies is the part of Service by which operators change fees, times and limits while the marketplace runs (rows P7, Z29).
// config.yaml gives the first values. An order keeps those that it was placed under.
type Policies interface {
	// Settings returns what is in force, with what config.yaml says. For operators.
	Settings(ctx context.Context, q SettingsRequest) (Settings, error)
	// ChangeSettings makes a new version, or with DryRun only tells what it would change. All that is wrong with the values is
	// told at once; Conflict if somebody has changed them since Version was read. For operators.
	ChangeSettings(ctx context.Context, q ChangeSettingsRequest) (Settings, error)
	// RestoreSettings makes a new version with the values of an old one; 0 is config.yaml. For operators.
	RestoreSettings(ctx context.Context, q RestoreSettingsRequest) (Settings, error)
	// ListSettings lists the versions, newest first: who has changed what, when and why. For operators.
	ListSettings(ctx context.Context, q ListSettingsRequest) (SettingsVersions, error)
}

// Settings are the values that operators can change.
type Settings struct {
	Version int             `json:"version"` // 0: as config.yaml says
	Items   []Setting       `json:"items"`
	Special []SpecialFee    `json:"special_fees"`
	Changes []SettingChange `json:"changes"`  // what the request has changed, or would
	Example []FeeExample    `json:"examples"` // of prices, before the change and after it
}

// Setting is one value. Times are in seconds, amounts in minor units of the marketplace's currency, shares in basis points.
type Setting struct {
	Name    string `json:"name"`  // as in config.yaml
	Group   string `json:"group"` // fees, orders, disputes, payouts, risk
	Unit    string `json:"unit"`  // basis_points, minor, seconds, count
	Value   int64  `json:"value"`
	Initial int64  `json:"initial"` // of config.yaml
	Least   int64  `json:"least"`
	Most    int64  `json:"most"`
}

// Fee is how much the marketplace takes of a price: a share and, of prices below FlatBelow (0: of all), a flat part, but at
// least Minimum. Amounts are in minor units.
type Fee struct {
	BasisPoints int   `json:"basis_points"`
	Flat        int64 `json:"flat"`
	FlatBelow   int64 `json:"flat_below"`
	Minimum     int64 `json:"minimum"`
}

// SpecialFee are other fees for the gigs of a category or of a seller; what a seller has comes first.
type SpecialFee struct {
	Category string `json:"category"` // slug; empty: of the seller
	Seller   string `json:"seller"`   // user name
	Buys     *Fee   `json:"buyer_fee"`
	Sells    *Fee   `json:"seller_fee"` // nil: as usual
}

// SettingChange is a value that is not what it was. The fees of a category or a seller are told in words.
type SettingChange struct {
	Name string `json:"name"`
	Unit string `json:"unit"` // of From and To; empty: words
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Was  string `json:"was,omitempty"`
	Is   string `json:"is,omitempty"`
}

// FeeExample is a price as it was and as it will be.
type FeeExample struct {
	Price      money.Amount `json:"price"`
	Pays       money.Amount `json:"pays"`
	Earns      money.Amount `json:"earns"`
	PaysAfter  money.Amount `json:"pays_after"`
	EarnsAfter money.Amount `json:"earns_after"`
}

// SettingsVersion is one change.
type SettingsVersion struct {
	Number   int             `json:"number"`
	Changes  []SettingChange `json:"changes"`
	Reason   string          `json:"reason"`
	By       string          `json:"by"`       // user name
	Restores int             `json:"restores"` // the version whose values came back; −1: none
	At       time.Time       `json:"at"`
}

// SettingsRequest is the argument of Settings.
type SettingsRequest struct{}

// ChangeSettingsRequest is the argument of ChangeSettings. Values that are not named stay as they are.
type ChangeSettingsRequest struct {
	Version int              `json:"version"` // that was read
	Values  map[string]int64 `json:"values,omitempty"`
	Special *[]SpecialFee    `json:"special_fees,omitempty"` // all of them; nil: as they are
	Reason  string           `json:"reason"`                 // 1 to 500 characters
	DryRun  bool             `json:"dry_run,omitempty"`
}

// RestoreSettingsRequest is the argument of RestoreSettings.
type RestoreSettingsRequest struct {
	Version int    `json:"version"` // that was read
	Number  int    `json:"number"`  // whose values come back; 0: config.yaml
	Reason  string `json:"reason"`  // 1 to 500 characters
}

// ListSettingsRequest is the argument of ListSettings.
type ListSettingsRequest struct {
	Limit  int `json:"limit,omitempty"`  // 1 to 100; 20
	Before int `json:"before,omitempty"` // versions with smaller numbers
}

// SettingsVersions is a page of versions.
type SettingsVersions struct {
	Items []SettingsVersion `json:"items"`
	More  bool              `json:"more"`
}
