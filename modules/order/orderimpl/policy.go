package orderimpl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
)

// freshPolicy is how long a process goes by the settings that it has read: another process may have changed them.
const freshPolicy = time.Second

// inForce are the settings that were read.
type inForce struct {
	settings settings
	at       time.Time
}

// rules are what a version of the settings holds.
type rules struct {
	Values  map[string]int64 `json:"values"`
	Special []special        `json:"special_fees"`
}

type settingsRow struct {
	Number    int
	Rules     rules                 `gorm:"serializer:json"`
	Changes   []order.SettingChange `gorm:"serializer:json"`
	Reason    string
	Restores  int
	ActorID   string
	Actor     string
	CreatedAt time.Time
}

// TableName is settings.
func (settingsRow) TableName() string { return "settings" }

// current are the settings in force: those of config.yaml, as operators have changed them. Not for use inside a transaction.
func (s *service) current(ctx context.Context) (settings, error) {
	now := s.now()
	if known := s.policy.Load(); known != nil && now.Sub(known.at).Abs() < freshPolicy {
		return known.settings, nil
	}
	last, err := newest(s.db.Read(ctx))
	if err != nil {
		return settings{}, err
	}
	set := s.settings.with(last)
	s.policy.Store(&inForce{set, now})
	return set, nil
}

// newest is the last version; the zero row if nobody has changed anything.
func newest(q *gorm.DB) (settingsRow, error) {
	var rows []settingsRow
	if err := q.Order("number DESC").Limit(1).Find(&rows).Error; err != nil {
		return settingsRow{}, fmt.Errorf("read the settings: %w", err)
	}
	if len(rows) == 0 {
		return settingsRow{}, nil
	}
	return rows[0], nil
}

// with are the settings with what a version says. What it does not know, an older release has written, stays as it is.
func (s settings) with(r settingsRow) settings {
	if r.Number == 0 {
		return s
	}
	for _, k := range knobs() {
		if v, ok := r.Rules.Values[k.name]; ok {
			k.set(&s, v)
		}
	}
	s.Special, s.Version = r.Rules.Special, r.Number
	return s
}

func (s settings) rules() rules {
	r := rules{Values: map[string]int64{}, Special: s.Special}
	for _, k := range knobs() {
		r.Values[k.name] = k.get(s)
	}
	return r
}

// changesFrom tells what is not as it was.
func (s settings) changesFrom(was settings) []order.SettingChange {
	changes := []order.SettingChange{}
	for _, k := range knobs() {
		if from, to := k.get(was), k.get(s); from != to {
			changes = append(changes, order.SettingChange{Name: k.name, Unit: k.unit, From: from, To: to})
		}
	}
	before, after := specialTexts(was.Special), specialTexts(s.Special)
	names := slices.Collect(maps.Keys(before))
	names = slices.AppendSeq(names, maps.Keys(after))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if before[name] != after[name] {
			changes = append(changes, order.SettingChange{Name: name, Was: before[name], Is: after[name]})
		}
	}
	return changes
}

// specialTexts are the fees of categories and sellers in words, by whose they are.
func specialTexts(list []special) map[string]string {
	of := map[string]string{}
	for _, x := range list {
		name := "category " + x.Category
		if x.Seller != "" {
			name = "seller " + x.Seller
		}
		of[name] = "buyer: " + x.Buyer.told() + "; seller: " + x.Sells.told()
	}
	return of
}

// Settings is documented in the contract.
func (s *service) Settings(ctx context.Context, _ order.SettingsRequest) (order.Settings, error) {
	if err := needOperator(ctx); err != nil {
		return order.Settings{}, err
	}
	last, err := newest(s.db.Read(ctx))
	if err != nil {
		return order.Settings{}, err
	}
	return s.shown(s.settings.with(last), s.settings.with(last))
}

// shown is what operators see of settings, and how prices change from others to them.
func (s *service) shown(set, was settings) (order.Settings, error) {
	result := order.Settings{Version: set.Version, Items: []order.Setting{}, Special: []order.SpecialFee{}, Changes: set.changesFrom(was)}
	for _, k := range knobs() {
		result.Items = append(result.Items, order.Setting{Name: k.name, Group: k.group, Unit: k.unit, Value: k.get(set), Initial: k.get(s.settings),
			Least: k.least, Most: k.most})
	}
	for _, x := range set.Special {
		result.Special = append(result.Special, x.specialFee())
	}
	var err error
	result.Example, err = examples(was, set)
	return result, err
}

// ChangeSettings is documented in the contract.
func (s *service) ChangeSettings(ctx context.Context, q order.ChangeSettingsRequest) (order.Settings, error) {
	if err := needOperator(ctx); err != nil {
		return order.Settings{}, err
	}
	var c fault.Check
	checkReason(&c, q.Reason, q.DryRun)
	if q.Special != nil {
		c.That(len(*q.Special) <= mostSpecial, "special_fees", "Use at most %d.", mostSpecial)
	}
	for name := range q.Values {
		c.That(slices.ContainsFunc(knobs(), func(k knob) bool { return k.name == name }), "values."+shorten(name), "There is no such setting.")
	}
	for _, k := range knobs() {
		if v, ok := q.Values[k.name]; ok {
			c.That(v >= k.least && v <= k.most, "values."+k.name, "Use %d to %d.", k.least, k.most)
		}
	}
	if err := c.Err(); err != nil {
		return order.Settings{}, err
	}
	return s.renew(ctx, renewal{version: q.Version, reason: q.Reason, restores: -1, rehearse: q.DryRun, make: func(_ *gorm.DB, set settings) (settings, error) {
		for _, k := range knobs() {
			if v, ok := q.Values[k.name]; ok {
				k.set(&set, v)
			}
		}
		if q.Special != nil {
			set.Special = specials(*q.Special)
		}
		return set, contradictions(set)
	}})
}

// mostSpecial is how many categories and sellers can have fees of their own.
const mostSpecial = 500

func checkReason(c *fault.Check, reason string, rehearse bool) {
	c.That(rehearse || strings.TrimSpace(reason) != "", "reason", "Say why: it is kept with the change.")
	c.That(isText(reason, 500), "reason", "Use at most 500 characters.")
}

// contradictions tells operators what the check of config.yaml tells, by setting.
func contradictions(set settings) error {
	err := set.check()
	if err == nil {
		return nil
	}
	var c fault.Check
	for _, line := range strings.Split(err.Error(), "\n") {
		text := strings.TrimPrefix(line, "settings.order")
		field, says, _ := strings.Cut(strings.TrimPrefix(text, "."), " ")
		if strings.HasPrefix(text, ":") {
			field, says = "values", strings.TrimPrefix(text, ": ")
		} else {
			says = field + " " + says
			field = "values." + strings.TrimSuffix(field, ":")
		}
		c.That(false, field, "%s.", says)
	}
	return c.Err()
}

// renewal is a new version that is being made.
type renewal struct {
	version  int // that was read
	reason   string
	restores int
	rehearse bool
	make     func(q *gorm.DB, now settings) (settings, error)
}

// renew makes a version from the newest one, if that is the one that was read.
func (s *service) renew(ctx context.Context, r renewal) (result order.Settings, err error) {
	var set settings
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if tx.Postgres() { // one change at a time
			if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('order.settings'))").Error; err != nil {
				return fmt.Errorf("wait for other changes: %w", err)
			}
		}
		last, err := newest(tx.DB)
		if err != nil {
			return err
		}
		if last.Number != r.version {
			return fault.Conflictf("Somebody has changed the settings meanwhile. Look at them again.")
		}
		was := s.settings.with(last)
		if set, err = r.make(tx.DB, was); err != nil {
			return err
		}
		set.Version = last.Number
		if result, err = s.shown(set, was); err != nil || r.rehearse {
			return err
		}
		if len(result.Changes) == 0 {
			return fault.Conflictf("Nothing is different from what is in force.")
		}
		set.Version, result.Version = last.Number+1, last.Number+1
		return keepSettings(tx, set, result.Changes, r)
	})
	if err == nil && !r.rehearse {
		s.policy.Store(&inForce{set, s.now()})
	}
	return result, err
}

func keepSettings(tx *db.Tx, set settings, changes []order.SettingChange, r renewal) error {
	kept, err := json.Marshal(set.rules())
	if err != nil {
		return err
	}
	told, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	by := identity.From(tx.Statement.Context)
	err = tx.Exec("INSERT INTO settings (number, rules, changes, reason, restores, actor_id, actor, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		set.Version, string(kept), string(told), strings.TrimSpace(r.reason), r.restores, by.UserID, by.Username, tx.Now()).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.Conflictf("Somebody has changed the settings meanwhile. Look at them again.")
	}
	if err != nil {
		return fmt.Errorf("keep the settings: %w", err)
	}
	return nil
}

// RestoreSettings is documented in the contract.
func (s *service) RestoreSettings(ctx context.Context, q order.RestoreSettingsRequest) (order.Settings, error) {
	if err := needOperator(ctx); err != nil {
		return order.Settings{}, err
	}
	var c fault.Check
	checkReason(&c, q.Reason, false)
	if err := c.Err(); err != nil {
		return order.Settings{}, err
	}
	return s.renew(ctx, renewal{version: q.Version, reason: q.Reason, restores: q.Number, make: func(find *gorm.DB, _ settings) (settings, error) {
		if q.Number == 0 {
			return s.settings, nil
		}
		var rows []settingsRow
		if err := find.Where("number = ?", q.Number).Find(&rows).Error; err != nil {
			return settings{}, fmt.Errorf("read the version: %w", err)
		}
		if len(rows) == 0 {
			return settings{}, fault.NotFoundf("There is no such version.")
		}
		set := s.settings.with(rows[0])
		return set, contradictions(set)
	}})
}

// ListSettings is documented in the contract.
func (s *service) ListSettings(ctx context.Context, q order.ListSettingsRequest) (order.SettingsVersions, error) {
	list := order.SettingsVersions{Items: []order.SettingsVersion{}}
	if err := needOperator(ctx); err != nil {
		return list, err
	}
	var c fault.Check
	q.Limit = page.Limit(&c, q.Limit, 20)
	if err := c.Err(); err != nil {
		return list, err
	}
	find := s.db.Read(ctx).Order("number DESC").Limit(q.Limit + 1)
	if q.Before > 0 {
		find = find.Where("number < ?", q.Before)
	}
	var rows []settingsRow
	if err := find.Find(&rows).Error; err != nil {
		return list, fmt.Errorf("list the settings: %w", err)
	}
	if len(rows) > q.Limit {
		rows, list.More = rows[:q.Limit], true
	}
	for _, r := range rows {
		list.Items = append(list.Items, order.SettingsVersion{Number: r.Number, Changes: r.Changes, Reason: r.Reason, By: r.Actor, Restores: r.Restores, At: r.CreatedAt.UTC()})
	}
	return list, nil
}
