package main

import (
	"strings"

	"github.com/chromedp/chromedp"
)

// bargain is an offer that the seller makes in the conversation, the buyer answers, the seller accepts, and the buyer pays
// for, milestone by milestone. With scripts each sees on the open page what the other does. Rows O8, O9, O10, Z26.
func bargain(seller, buyer *surfer) {
	buyer.browses()
	buyer.follow("Ask the seller first")
	talk := buyer.ask("location.pathname")
	if buyer.silent {
		buyer.fill("Your message", "Could you do all of it?")
		buyer.follow("Send")
	}
	seller.open(talk)
	seller.offers()
	offer := seller.ask("location.pathname")
	if buyer.silent {
		buyer.awaits(talk, "Accept and pay")
	}
	buyer.sees("Accept and pay $105.50", "2 milestones", "You pay $316.50 with the service fee.")
	buyer.follow("Answer with an offer")
	buyer.fill("milestones.1.price", "150")
	if !buyer.silent {
		buyer.sees("The buyer pays $263.75")
	}
	buyer.follow("Send the offer")
	buyer.sees("Your offer is sent.", "Waiting for sonja", "What was offered before", "$300.00")
	answer := buyer.ask("location.pathname")

	if seller.silent {
		seller.awaits(offer, "Answered with another offer")
	}
	seller.sees("Answered with another offer")
	seller.follow("See the newer offer")
	seller.follow("Accept")
	seller.sees("Accepted.", "Waiting for bert")
	if buyer.silent {
		buyer.awaits(answer, "Pay milestone 1")
	}
	buyer.sees("Your turn", "Pay milestone 1: $105.50")
	buyer.pays("Pay milestone 1: $105.50", "$105.50", "Milestone 1 of 2: Drafts")
	if seller.silent {
		seller.awaits(answer, "In progress")
	}
	seller.sees("In progress", "The next milestone can be ordered when bert is ready for it.")
	seller.follow("Order ")
	seller.sees("Deliver your work", "Milestone 1 of 2: Drafts", "The offer and all that was agreed")
	seller.open(talk)
	if !seller.silent {
		seller.isLive()
	}
	buyer.pays("Pay milestone 2: $158.25", "$158.25", "Milestone 2 of 2: Files")
	if !seller.silent {
		seller.holds("the card has both orders", `window.stayed && document.querySelectorAll("[data-open] .milestone-state a").length === 2`)
	}
	buyer.open(talk)
	buyer.sees("Accepted", "In progress")
}

// offers writes an offer with two milestones, row by row; one too many is taken away.
func (s *surfer) offers() {
	s.t.Helper()
	s.follow("Make an offer")
	s.fill("Description", "A whole identity.\nNot included: print.", "milestones.0.title", "Drafts", "milestones.0.price", "100", "milestones.0.delivery_days", "5")
	if !s.silent {
		s.sees("You get $80.00") // while typing
	}
	s.follow("Add a milestone")
	s.follow("Add a milestone")
	s.follow("Remove milestone 3")
	s.fill("milestones.1.title", "Files", "milestones.1.price", "200")
	if !s.silent {
		s.sees("You get $240.00") // both together
	}
	if got := s.ask(`document.getElementsByName("milestones.0.title")[0].value + document.getElementsByName("milestones.1.delivery_days")[0].value`); got != "Drafts5" {
		s.t.Errorf("what was typed is now %q", got)
	}
	s.follow("Send the offer")
	s.sees("Your offer is sent.", "Waiting for bert", "You get", "$240.00")
}

// isLive marks the page, and waits until its channel is open: it asks who is there then, and marks what it shows as read.
func (s *surfer) isLive() {
	s.t.Helper()
	s.do("mark the page", chromedp.Evaluate[chromedp.Void]("window.stayed = true"))
	s.isConnected()
	s.holds("all is read", `!document.querySelector("[data-mark-read]")`)
}

// pays goes through the checkout of a milestone to its order.
func (s *surfer) pays(button, amount, order string) {
	s.t.Helper()
	s.follow(button)
	s.sees("Checkout", amount)
	s.follow("Continue to payment")
	s.follow("Pay " + amount)
	s.sees("In progress", order)
	if title := s.ask("document.title"); !strings.HasPrefix(title, "Order ") && !strings.Contains(title, ") Order ") {
		s.t.Errorf("paying leads to %q", title)
	}
}
