package site

import "strings"

// longestAgent is what is kept of a user agent that is not understood.
const longestAgent = 200

// device names browser and system for the list of sessions: Firefox on Linux. The agent is what the client says it is.
func device(agent string) string {
	browser := firstOf(agent, "Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chromium/", "Chromium", "Chrome/", "Chrome", "Safari/", "Safari")
	system := firstOf(agent, "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	}
	runes := []rune(agent)
	return string(runes[:min(len(runes), longestAgent)])
}

// firstOf returns the name of the first mark that the text has; pairs are mark, name, mark, name.
func firstOf(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.Contains(text, pairs[i]) {
			return pairs[i+1]
		}
	}
	return ""
}
