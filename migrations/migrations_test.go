package migrations_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// Two changes that were made side by side may have taken the same number.
func TestMigrationsAreNumberedOneAfterTheOther(t *testing.T) {
	found := map[string]int{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".sql" {
			return err
		}
		found[path.Dir(name)]++
		if want := fmt.Sprintf("%05d_", found[path.Dir(name)]); !strings.HasPrefix(d.Name(), want) {
			t.Errorf("%s begins with another number than %s", name, want)
		}
		return nil
	})
	if err != nil || len(found) < 7 {
		t.Errorf("migrations of %d databases: %v", len(found), err)
	}
}
