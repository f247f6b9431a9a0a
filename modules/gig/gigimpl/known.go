package gigimpl

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Most of a gig are texts and lists that take long to read and change with its version only. They are remembered as they
// were read; what changes without it, the gig's pulse, is read each time, and the version with it. So nothing that is shown
// is older than the database, whoever has changed it.

const mostKnown = 1000 // gigs, some 5 kB each

// pulse is what is read of a gig each time: its version, what changes without it, and what lists are sorted by.
type pulse struct {
	Num              int64
	Version          int
	FromMinor        int64
	RatingHundredths int
	RatingCount      int
	Sales            int
	Merit            int64
	PublishedAt      *time.Time
	Tier             int64 // of the match; in search only
}

// ask reads pulses from a database, or from its replica; rest is the query from FROM on.
func ask(from *gorm.DB, tier, rest string, args ...any) (list []pulse, err error) {
	rows, err := from.Raw(`SELECT g.num, g.version, g.from_minor, g.rating_hundredths, g.rating_count, g.sales, g.merit,
		g.published_at, `+tier+` `+rest, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var p pulse
		if err := rows.Scan(&p.Num, &p.Version, &p.FromMinor, &p.RatingHundredths, &p.RatingCount, &p.Sales, &p.Merit,
			&p.PublishedAt, &p.Tier); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

// pulseOf reads the pulse of one gig, without what lists are sorted by.
func (s *service) pulseOf(ctx context.Context, id string) (p pulse, err error) {
	rows, err := s.db.Read(ctx).Raw("SELECT num, version, rating_hundredths, rating_count, sales FROM gigs WHERE id = ?", id).Rows()
	if err != nil {
		return p, fmt.Errorf("read the gig: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return p, cmp.Or(rows.Err(), noSuchGig())
	}
	return p, rows.Scan(&p.Num, &p.Version, &p.RatingHundredths, &p.RatingCount, &p.Sales)
}

// whole returns the gigs of the pulses, in their order: most from memory, the others with one query.
func (s *service) whole(ctx context.Context, list []pulse) ([]gigRow, error) {
	rows := make([]gigRow, len(list))
	var missing []int64
	for i, p := range list {
		var ok bool
		if rows[i], ok = s.known.get(p); !ok {
			missing = append(missing, p.Num)
		}
	}
	if len(missing) == 0 {
		return rows, nil
	}
	var read []gigRow
	if err := s.db.Read(ctx).Where("num IN ?", missing).Find(&read).Error; err != nil {
		return nil, fmt.Errorf("read the gigs: %w", err)
	}
	s.known.put(read)
	at := map[int64]gigRow{}
	for _, r := range read {
		at[r.Num] = r
	}
	for i, p := range list {
		if r, ok := at[p.Num]; ok {
			rows[i] = r
		}
	}
	return rows, nil
}

// known remembers gigs by their number.
type known struct {
	mu   sync.Mutex
	gigs map[int64]gigRow
}

// get returns the gig as it is now, if it is remembered in this version. Its lists are everybody's: nobody changes them.
func (k *known) get(p pulse) (gigRow, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	row, ok := k.gigs[p.Num]
	if !ok || row.Version != p.Version {
		return gigRow{}, false
	}
	row.RatingHundredths, row.RatingCount, row.Sales = p.RatingHundredths, p.RatingCount, p.Sales
	return row, true
}

// put remembers gigs, and forgets all before they become too many.
func (k *known) put(rows []gigRow) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gigs == nil || len(k.gigs)+len(rows) > mostKnown {
		k.gigs = map[int64]gigRow{}
	}
	for _, r := range rows {
		k.gigs[r.Num] = r
	}
}
