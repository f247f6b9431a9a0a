package userimpl

import (
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/text"
)

// The limits of a profile (V2.1.3). Lengths are characters.
const (
	maxDisplayName                 = 50
	maxBio                         = 1000
	minHeadline, maxHeadline       = 3, 100
	minDescription, maxDescription = 10, 2000
	maxSkills, maxSkill            = 20, 40
	maxLanguages, maxLanguage      = 10, 40
	maxDraft                       = 32 << 10 // bytes, of everything in a draft
	maxAvatar                      = 5 << 20  // bytes
	avatarSize                     = 256      // pixels, both ways
)

// countries are the officially assigned codes of ISO 3166-1 alpha-2, each between spaces.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// checkCountry returns the code in capitals.
func checkCountry(c *fault.Check, code string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	known := code == "" || len(code) == 2 && strings.Contains(countries, " "+code+" ")
	c.That(known, "country", "Use the two letters of the country, such as DE.")
	return code
}

// checkSeller cleans what a seller writes and tells everything that is wrong with it.
func checkSeller(q user.SetSellerRequest) (user.SetSellerRequest, error) {
	var c fault.Check
	q.Headline = text.Line(&c, "headline", q.Headline, minHeadline, maxHeadline)
	q.Description = text.Prose(&c, "description", q.Description, minDescription, maxDescription)
	q.Skills = text.Lines(&c, "skills", q.Skills, maxSkills, maxSkill)
	q.Country = checkCountry(&c, q.Country)
	q.Languages = checkLanguages(&c, q.Languages)
	return q, c.Err()
}

func checkLanguages(c *fault.Check, languages []user.Language) []user.Language {
	if len(languages) > maxLanguages {
		c.That(false, "languages", "Use at most %d.", maxLanguages)
		return nil
	}
	kept := make([]user.Language, len(languages))
	named := map[string]bool{}
	for i, l := range languages {
		field := fmt.Sprintf("languages.%d.", i)
		l.Name = text.Line(c, field+"name", l.Name, 1, maxLanguage)
		c.That(!named[strings.ToLower(l.Name)], field+"name", "Name each language once.")
		named[strings.ToLower(l.Name)] = true
		c.That(slices.Contains(user.Levels(), l.Level), field+"level", "Use one of %s.", strings.Join(user.Levels(), ", "))
		kept[i] = l
	}
	return kept
}
