package orderimpl

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/db"
)

// BenchmarkPlace places orders, durably, idempotently, with payment, timer, history, answer and event; beside it the bare
// inserts of the same rows in one transaction through database/sql. The ratio of the two is what placing costs.
//
//	go test ./modules/order/orderimpl -run ^$ -bench Place
func BenchmarkPlace(b *testing.B) {
	for _, database := range []string{"SQLite", "PostgreSQL"} {
		open := func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(b, m, o...) }
		if database == "PostgreSQL" {
			url := apptest.Postgres(b)
			open = func(m string, o ...apptest.Option) *apptest.Harness {
				return apptest.Host(b, m, append(o, apptest.Config(func(c *config.Config) { c.Database = url }))...)
			}
		}
		bed := newBed(b, open, nil)
		var n atomic.Int64
		b.Run(database+"/place", func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					q := order.PlaceRequest{RequestID: fmt.Sprintf("bench-%08d", n.Add(1)), GigID: "logo", Package: "basic"}
					if _, err := bed.orders.Place(bed.buyer, q); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
		rows := bed.rowsOfOne(b)
		b.Run(database+"/bare", func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := bed.insert(rows, fmt.Sprintf("%08d", n.Add(1))); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// insertion is one row with marks in its ids, so that it can be inserted again and again.
type insertion struct {
	statement string
	args      []any
}

const mark = "{n}"

// rowsOfOne returns the rows that placing one order has written.
func (b *bed) rowsOfOne(t testing.TB) []insertion {
	t.Helper()
	o := b.place("logo")
	var rows []insertion
	for table, where := range map[string]string{"orders": "id = ?", "payments": "order_id = ?", "history": "order_id = ?", "timers": "order_id = ?",
		"outbox_events": "aggregate = ?", "requests": "answer LIKE '%' || ? || '%'"} {
		var found []map[string]any
		if err := b.DB.Read(t.Context()).Table(table).Where(where, o.ID).Find(&found).Error; err != nil || len(found) != 1 {
			t.Fatalf("%d rows of %s, %v", len(found), table, err)
		}
		rows = append(rows, b.insertion(table, found[0]))
	}
	for i, r := range rows { // orders first: the others refer to it
		if strings.HasPrefix(r.statement, "INSERT INTO orders ") {
			rows[0], rows[i] = rows[i], rows[0]
		}
	}
	return rows
}

func (b *bed) insertion(table string, row map[string]any) insertion {
	var columns, marks []string
	in := insertion{}
	for column, value := range row {
		columns = append(columns, column)
		if b.DB.Postgres() {
			marks = append(marks, fmt.Sprintf("$%d", len(columns)))
		} else {
			marks = append(marks, "?")
		}
		switch column {
		case "id", "order_id", "number", "key":
			if text, ok := value.(string); ok && column != "order_id" && table != "orders" {
				value = text + mark
			} else if ok {
				value = "order" + mark
			}
		}
		in.args = append(in.args, value)
	}
	in.statement = "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
	return in
}

func (b *bed) insert(rows []insertion, n string) error {
	return b.DB.Tx(b.buyer, func(tx *db.Tx) error {
		for _, r := range rows {
			args := make([]any, len(r.args))
			for i, a := range r.args {
				if text, ok := a.(string); ok {
					a = strings.Replace(text, mark, n, 1)
				}
				args[i] = a
			}
			if _, err := tx.Statement.ConnPool.ExecContext(b.buyer, r.statement, args...); err != nil {
				return err
			}
		}
		return nil
	})
}
