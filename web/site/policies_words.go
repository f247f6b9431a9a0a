package site

import "marketplace/modules/order"

// settingWords is what people read of a setting.
type settingWords struct{ label, help string }

// settingLabel are the words for a setting; one without words is called by its name.
func settingLabel(name string) settingWords {
	if words, ok := settingTexts()[name]; ok {
		return words
	}
	return settingWords{label: name}
}

func settingTexts() map[string]settingWords {
	return map[string]settingWords{
		"buyer_fee_basis_points":            {"Buyer's fee", "On top of the price."},
		"buyer_fee_flat":                    {"Buyer's flat fee", "Beside the share."},
		"buyer_fee_flat_below":              {"Flat fee for prices below", "0: for all prices."},
		"buyer_fee_minimum":                 {"Least buyer's fee", ""},
		"seller_fee_basis_points":           {"Seller's fee", "Of the price."},
		"seller_fee_flat":                   {"Seller's flat fee", "Beside the share."},
		"seller_fee_minimum":                {"Least seller's fee", ""},
		"quote_life":                        {"A shown price is charged for", ""},
		"unpaid_orders_per_buyer":           {"Unpaid orders of a buyer", "At once."},
		"payment_window":                    {"Time to pay", "Then the order expires."},
		"requirements_first_reminder":       {"First reminder of the questions", "After the payment."},
		"requirements_second_reminder":      {"Second reminder of the questions", ""},
		"requirements_window":               {"Time to answer the questions", "Then the order is cancelled and refunded."},
		"very_late_after":                   {"Very late after", "Then the buyer may cancel."},
		"late_cancel_after":                 {"Late orders cancel themselves after", ""},
		"completion_reminder":               {"Reminder to look at a delivery", ""},
		"completion_window":                 {"Time to look at a delivery", "Then the order completes by itself."},
		"clearing":                          {"Clearing period", "From completion until the seller can withdraw."},
		"review_window":                     {"Time to write reviews", ""},
		"tip_window":                        {"Time to give a tip", "After completion."},
		"tip_minimum":                       {"Least tip", ""},
		"tip_maximum":                       {"Most that a tip may be", ""},
		"review_extension":                  {"More time to look, each time", ""},
		"review_extensions":                 {"How often a buyer may take more time", ""},
		"answer_window":                     {"Time to answer the other side", ""},
		"dispute_target":                    {"Disputes are decided within", ""},
		"dispute_backstop":                  {"Undecided disputes are refunded after", ""},
		"partial_refund_limit_basis_points": {"Most that a seller may give back", "Of the price, while the work goes on."},
		"moderator_limit":                   {"One person decides up to", "Above it, a second one confirms."},
		"payout_fee":                        {"Fee of a withdrawal", ""},
		"payout_minimum":                    {"Least withdrawal", ""},
		"payout_day_limit":                  {"Most that a seller withdraws in 24 hours", "0: no limit."},
		"reserve_basis_points":              {"Reserve of new sellers", "Of each earning, after it has cleared. 0: none."},
		"reserve_period":                    {"Time in reserve", ""},
		"reserve_orders":                    {"New up to so many completed orders", "0: every seller has a reserve."},
		"chargeback_liability":              {"Sellers bear chargebacks for", "After completion; then the marketplace does. 0s: for ever."},
		"debt_limit":                        {"Most that a seller can owe", "The marketplace bears the rest. 0: no limit."},
	}
}

// settingForm says how a value of a unit is typed.
func settingForm(unit string) string {
	switch unit {
	case "basis_points":
		return "Write a percentage with at most two decimals, such as 5.5."
	case "minor":
		return "Write an amount such as 25.00."
	case "seconds":
		return "Write a time such as 15m, 36h or 14d."
	}
	return "Write a whole number."
}

// policyGroups are the inputs under their headings, in the order of the settings.
func (s *Site) policyGroups(items []order.Setting) []policyGroup {
	headings := map[string]string{"fees": "Fees", "orders": "Times of an order, and tips", "disputes": "Disputes and refunds", "payouts": "Withdrawals", "risk": "Reserve and chargebacks"}
	var groups []policyGroup
	for _, x := range items {
		label := headings[x.Group]
		if len(groups) == 0 || groups[len(groups)-1].Label != label {
			groups = append(groups, policyGroup{Label: label})
		}
		words := settingLabel(x.Name)
		input := policyInput{Name: x.Name, Label: words.label, Help: words.help, Mode: "numeric"}
		switch x.Unit {
		case "basis_points":
			input.Suffix, input.Mode = "%", "decimal"
		case "minor":
			input.Suffix, input.Mode = s.currency(), "decimal"
		case "seconds":
			input.Mode = "text"
		}
		last := &groups[len(groups)-1]
		last.Items = append(last.Items, input)
	}
	return groups
}
