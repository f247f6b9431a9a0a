package authimpl

import (
	"crypto/sha256"
	_ "embed"
	"sort"
)

// commonHashes are the common passwords, each as the first bytes of its SHA-256, sorted: 40 bits keep the chance that
// another password is taken for one of them below one in ten million. There are the 30,000 most frequent of published
// breaches, as zxcvbn 4.4.2 lists them (Dan Wheeler and Dropbox, MIT licence), and words of our own (common_test.go, which
// also makes the file).
//
//go:embed common.bin
var commonHashes string

// commonWidth is how many bytes of a hash are kept.
const commonWidth = 5

// isListed says whether the text, in lower case, is one of the common passwords.
func isListed(text string) bool {
	sum := sha256.Sum256([]byte(text))
	wanted := string(sum[:commonWidth])
	n := len(commonHashes) / commonWidth
	at := func(i int) string { return commonHashes[i*commonWidth : (i+1)*commonWidth] }
	i := sort.Search(n, func(i int) bool { return at(i) >= wanted })
	return i < n && at(i) == wanted
}
