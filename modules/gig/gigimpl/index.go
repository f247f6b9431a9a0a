package gigimpl

import (
	"fmt"
	"strings"

	"marketplace/platform/db"
)

// index makes the gig findable by its present texts.
func index(tx *db.Tx, row gigRow, on shelf) error {
	if err := unindex(tx, row.Num); err != nil {
		return err
	}
	title, description := stems(row.Title), stems(row.Description)
	labels := stems(append([]string{on.Name, on.ParentName, row.SellerUsername}, row.Tags...)...)
	var err error
	if tx.Postgres() {
		err = tx.Exec("INSERT INTO gig_search (rowid, document) VALUES (?, CAST(CAST(? AS TEXT) AS TSVECTOR))",
			row.Num, vector("1A", title)+vector("2B", labels)+vector("3C", description)).Error
	} else {
		err = tx.Exec("INSERT INTO gig_search (rowid, title, labels, description) VALUES (?, ?, ?, ?)",
			row.Num, strings.Join(title, " "), strings.Join(labels, " "), strings.Join(description, " ")).Error
	}
	if err != nil {
		return fmt.Errorf("index the gig: %w", err)
	}
	return tag(tx, row)
}

// unindex takes the gig out of search.
func unindex(tx *db.Tx, num int64) error {
	if err := tx.Exec("DELETE FROM gig_search WHERE rowid = ?", num).Error; err != nil {
		return fmt.Errorf("take the gig out of search: %w", err)
	}
	if err := tx.Exec("DELETE FROM gig_tags WHERE num = ?", num).Error; err != nil {
		return fmt.Errorf("take the gig from those that are alike: %w", err)
	}
	return nil
}

// vector writes a part of PostgreSQL's tsvector. A weight needs a position, which says nothing here.
func vector(weight string, list []string) string {
	var b strings.Builder
	for _, w := range list {
		b.WriteString("'" + w + "':" + weight + " ")
	}
	return b.String()
}

// matches are the numbers of the gigs that have the words, with their tier if it is wanted: 3 when every word is in the
// title, 2 in title, tags, category or seller, 1 anywhere. A tier is a fact about the gig alone, unlike BM25, whose score
// moves with every gig that comes or goes: only so a cursor into the results stays true (row G12).
func matches(postgres bool, w wanted, tiers bool) (query string, args []any) {
	switch {
	case postgres && tiers:
		return `SELECT rowid AS num,
			CAST(CASE WHEN document @@ CAST(? AS TSQUERY) THEN 3 WHEN document @@ CAST(? AS TSQUERY) THEN 2 ELSE 1 END AS BIGINT) AS tier
			FROM gig_search WHERE document @@ CAST(? AS TSQUERY)`, []any{tsquery(w, "A"), tsquery(w, "AB"), tsquery(w, "ABC")}
	case postgres:
		return "SELECT rowid AS num FROM gig_search WHERE document @@ CAST(? AS TSQUERY)", []any{tsquery(w, "ABC")}
	case tiers:
		return `SELECT rowid AS num, CASE WHEN rowid IN (SELECT rowid FROM gig_search WHERE gig_search MATCH ?) THEN 3
			WHEN rowid IN (SELECT rowid FROM gig_search WHERE gig_search MATCH ?) THEN 2 ELSE 1 END AS tier
			FROM gig_search WHERE gig_search MATCH ?`,
			[]any{fts5(w, "title"), fts5(w, "title labels"), fts5(w, "title labels description")}
	}
	return "SELECT rowid AS num FROM gig_search WHERE gig_search MATCH ?", []any{fts5(w, "title labels description")}
}

// fts5 writes the query of SQLite's FTS5: all words within the columns.
func fts5(w wanted, columns string) string {
	var b strings.Builder
	b.WriteString("{" + columns + "} : (")
	for _, word := range w.whole {
		b.WriteString(`"` + word + `" AND `)
	}
	b.WriteString(`("` + stem(w.last) + `" OR "` + w.last + `" *))`)
	return b.String()
}

// tsquery writes PostgreSQL's query: all words with one of the weights.
func tsquery(w wanted, weights string) string {
	var b strings.Builder
	for _, word := range w.whole {
		b.WriteString("'" + word + "':" + weights + " & ")
	}
	b.WriteString("('" + stem(w.last) + "':" + weights + " | '" + w.last + "':*" + weights + ")")
	return b.String()
}
