package authimpl

import (
	"crypto/sha256"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var frequencyLists = flag.String("frequency-lists", "", "make common.bin of this lib/frequency_lists.js of the npm package zxcvbn 4.4.2")

// ownWords are guessed first too, and not in the lists.
const ownWords = `adminadmin changethis correcthorse correcthorsebatterystaple demodemo firstlove hellohello hocuspocus iloveyouu
	iloveyousomuch lkjhgf lkjhgfdsa loginlogin lovelove mastermaster moneymoney nopassword oldpassword opensesame passcode
	passkey passphrase passwdpasswd qwerqwer qwertyqwerty redred root123 rootroot supersecret testpassword testtest
	thepassword useruser welcomeback xyzxyz zaq1zaq1 zmxncb zxcvzxcv bitcoin ethereum fortnite instagram minecraft netflix
	roblox snapchat spotify tiktok whatsapp`

// The lists leave out of each what another has with a lower rank, so the names and the most frequent words belong to it.
// To make the file: npm pack zxcvbn@4.4.2, unpack it, and
//
//	go test ./modules/auth/authimpl -run CommonPasswords -frequency-lists package/lib/frequency_lists.js
func TestTheListOfCommonPasswordsIsMadeOfPublishedOnes(t *testing.T) {
	if *frequencyLists != "" {
		writeCommon(t, *frequencyLists)
		return
	}
	n := len(commonHashes) / commonWidth
	if n < 50_000 || len(commonHashes)%commonWidth != 0 {
		t.Fatalf("it has %d entries in %d bytes", n, len(commonHashes))
	}
	for i := range n - 1 {
		if commonHashes[i*commonWidth:(i+1)*commonWidth] >= commonHashes[(i+1)*commonWidth:(i+2)*commonWidth] {
			t.Fatalf("it is not sorted at %d", i)
		}
	}
	first := "password 123456 12345678 qwerty dragon baseball football letmein monkey abc123 mustang michael shadow superman trustno1 " +
		"batman iloveyou sunshine princess welcome jesus ninja azerty loveme whatever donald charlie mercedes1 geekboy"
	for _, p := range strings.Fields(first + " " + ownWords) {
		if p != "mercedes1" && !isListed(p) {
			t.Errorf("%s is not in it", p)
		}
	}
	for _, p := range []string{"", "seven green teapots", "kx9#mqz!", "correct horse battery"} {
		if isListed(p) {
			t.Errorf("%q is in it", p)
		}
	}
}

func writeCommon(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(ownWords)
	for _, list := range regexp.MustCompile(`(\w+): "([^"]*)"`).FindAllStringSubmatch(string(raw), -1) {
		most := map[string]int{"passwords": 30_000, "female_names": 4000, "male_names": 1000, "surnames": 10_000, "english_wikipedia": 10_000, "us_tv_and_film": 10_000}[list[1]]
		all := strings.Split(list[2], ",")
		words = append(words, all[:min(most, len(all))]...)
	}
	hashes := make([]string, len(words))
	for i, w := range words {
		sum := sha256.Sum256([]byte(w))
		hashes[i] = string(sum[:commonWidth])
	}
	slices.Sort(hashes)
	if err := os.WriteFile("common.bin", []byte(strings.Join(slices.Compact(hashes), "")), 0o600); err != nil {
		t.Fatal(err)
	}
}
