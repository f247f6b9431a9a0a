package site_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"
)

// Row O24.
func TestOrdersAreExportedForBothSides(t *testing.T) {
	for _, side := range []struct{ role, blank, other string }{{"buyer", "earnings", "ben"}, {"seller", "buyer_fee", "ben"}} {
		w := newWorld()
		w.once = true
		page := visit(open(t, w, ana()), "/orders.csv?role="+side.role+"&status=completed&since=2026-01-01&until=2026-12-31")
		if page.Code != http.StatusOK || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/csv") || !strings.Contains(page.Header().Get("Content-Disposition"), "orders-"+side.role+".csv") {
			t.Fatalf("answered %d, %v", page.Code, page.Header())
		}
		lines, err := csv.NewReader(page.Body).ReadAll()
		if err != nil || len(lines) != 2 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		of := map[string]string{}
		for i, name := range lines[0] {
			of[name] = lines[1][i]
		}
		if of["status"] != "completed" || of["price"] != "100.00" || of["currency"] != "USD" || of["with"] != side.other || of[side.blank] != "" {
			t.Errorf("as %s: %v", side.role, of)
		}
	}
}

func TestADayThatIsNoneIsRefused(t *testing.T) {
	for _, path := range []string{"/orders?since=yesterday", "/orders.csv?until=2026-13-01"} {
		if page := visit(open(t, newWorld(), ana()), path); page.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s answered %d", path, page.Code)
		}
	}
}
