package authimpl

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"marketplace/platform/identity"
)

// purpose is what a mail is for; also the name of its template.
type purpose string

const (
	verifyEmail   purpose = "verify_email"
	resetPassword purpose = "reset_password"
	sessionStolen purpose = "session_stolen"
)

// path is the page that the link leads to.
func (p purpose) path() string {
	switch p {
	case resetPassword:
		return "/reset-password?token="
	case sessionStolen:
		return "/settings/security"
	}
	return "/verify-email?token="
}

const (
	longestEmail    = 254
	longestPassword = 128 // characters; as typed, nothing is cut or changed
	longestDevice   = 200
	mostSessions    = 100 // of one account: the ones that were unused the longest give way
	touchEvery      = time.Minute
)

// usernameProblem says what is wrong with a user name, "" if nothing is.
func usernameProblem(name string) string {
	const reserved = " admin administrator anonymous api auth billing contact everyone help info legal login logout mail " +
		"marketplace moderator nobody null operator owner payment payments postmaster privacy root security settings " +
		"signup staff support system team undefined user webmaster www "
	letter := func(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }
	ok := len(name) >= 3 && len(name) <= 30 && letter(name[0])
	for i := range len(name) {
		b := name[i]
		ok = ok && (letter(b) || b >= '0' && b <= '9' || b == '_' || b == '-')
	}
	switch {
	case !ok:
		return "Use 3 to 30 letters, digits, '_' or '-', and start with a letter."
	case strings.Contains(reserved, " "+keyOf(name)+" "):
		return "This user name is reserved. Please choose another one."
	}
	return ""
}

// emailOK says whether mail can be sent there: local@domain, as people have them, in ASCII.
func emailOK(address string) bool {
	local, domain, ok := strings.Cut(address, "@")
	if !ok || len(address) > longestEmail || len(local) > 64 || !strings.Contains(domain, ".") {
		return false
	}
	return labels(local, 64, "!#$%&'*+-/=?^_`{|}~") && labels(domain, 63, "-") &&
		!strings.Contains("."+domain+".", "-.") && !strings.Contains("."+domain+".", ".-")
}

// labels says whether the text is dotted, without an empty part, and made of letters, digits and the others.
func labels(text string, longest int, others string) bool {
	for part := range strings.SplitSeq(text, ".") {
		if part == "" || len(part) > longest {
			return false
		}
		for i := range len(part) {
			b := part[i]
			if (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') && strings.IndexByte(others, b) < 0 {
				return false
			}
		}
	}
	return true
}

// shown makes what a client says of itself one line of bounded length.
func shown(text string, longest int) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	if runes := []rune(clean); len(runes) > longest {
		clean = string(runes[:longest])
	}
	return strings.TrimSpace(clean)
}

// neighbourhood is what is counted as one address.
func neighbourhood(address string) string { return shown(identity.Neighbourhood(address), 64) }

// life is how long a session lasts: unused, and at the most.
type life struct{ idle, absolute time.Duration }

// lifeOf is shorter for those who have a role in running the marketplace (ASVS 7.3.1, 7.3.2).
func (s settings) lifeOf(owner accountRow) life {
	if owner.isStaff() {
		return life{s.StaffIdleLife, s.StaffLife}
	}
	return life{s.IdleLife, s.AbsoluteLife}
}

// expiresAt is when the session ends if it is not used.
func (r sessionRow) expiresAt(l life) time.Time {
	return slices.MinFunc([]time.Time{r.LastActiveAt.Add(l.idle), r.CreatedAt.Add(l.absolute)}, time.Time.Compare)
}

func (r sessionRow) alive(l life, now time.Time) bool {
	return r.ID != "" && r.EndedAt == nil && now.Before(r.expiresAt(l))
}

// limit says how often something may be tried: freely at first, then after growing pauses, then not before it has been
// quiet for a while, which also starts the count again. So no more than most fall into any time as long as quiet.
type limit struct {
	free, most int
	quiet      time.Duration
}

// wait is how long the next try has to wait, after so many, the last of them so long ago.
func (l limit) wait(tries int, ago time.Duration) time.Duration {
	switch {
	case ago >= l.quiet || tries < min(l.free, l.most):
		return 0
	case tries >= l.most:
		return l.quiet - ago
	}
	pause := 10 * time.Second << (tries - l.free)
	return max(0, min(pause, l.quiet)-ago)
}

// wholeSeconds rounds a wait up.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
