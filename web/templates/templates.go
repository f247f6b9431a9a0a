// Package templates embeds the pages. layout/ holds the frame and the parts that pages share; every other folder
// holds pages: orders/:id is order/show.html.
package templates

import (
	"embed"
	"io/fs"
)

//go:embed */*.html
var files embed.FS

// Files returns the tree.
func Files() fs.FS { return files }
