// Package static embeds what browsers load beside the pages: style sheets, scripts and the icon of the site.
package static

import (
	"embed"
	"io/fs"
)

//go:embed all:*
var files embed.FS

// Files returns the tree: css/*.css (served as one app.css, in the order of their names), js, vendor, favicon.svg.
func Files() fs.FS { return files }
