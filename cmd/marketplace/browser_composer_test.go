package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"marketplace/platform/apptest"
)

// converse is what the scripts of a conversation do beside sending and showing texts, told after talk: saved answers, the
// Enter key, files that are chosen and pasted, what is refused and sent again, changing, deleting, and undoing. The other
// side sees all of it without a reload. Rows C4, C6, C7, Cs1, Cs2.
func converse(seller, buyer *surfer) {
	here := buyer.ask("location.pathname")
	seller.open("/inbox/replies")
	seller.fill("Title", "Thanks", "Answer", "Thank you, {name}.")
	seller.follow("Save")
	seller.open(here)
	buyer.open(here)
	seller.isLiveWith(buyer)
	seller.usesASavedAnswer()
	buyer.sees("Thank you, bert. See you Friday.")
	seller.sendsFiles()
	buyer.holds("both files are there", `Array.from(document.querySelectorAll(".attachment b"), (e) => e.textContent).join() === "plan.txt,pasted.txt"`)
	seller.isRefused(buyer, here)

	seller.opensMenuIn("See you Friday", "Change this message")
	seller.follow("Edit", "See you Friday")
	seller.holds("the composer has the message", `document.getElementById("text").value === "Thank you, bert. See you Friday."`)
	seller.fill("Your message", "Thank you, bert. See you Monday.")
	seller.follow("Save")
	buyer.sees("See you Monday.", "Edited")
	seller.opensMenuIn("pasted.txt", "Change this message")
	seller.pressIn("pasted.txt", "Delete…")
	seller.follow("Delete it", "pasted.txt")
	buyer.sees("This message was deleted")
	buyer.holds("the page has not been loaded again", `window.stayed && !document.querySelector(".attachment")`)

	seller.open(here) // what is live has come to rest
	seller.opensMenuIn("", "More")
	seller.follow("Archive")
	seller.follow("Undo")
	seller.follow("bert")
	seller.sees("See you Monday.", "This message was deleted")
}

// isLiveWith waits until the live channels of both are open: one sees the other write.
func (s *surfer) isLiveWith(other *surfer) {
	s.t.Helper()
	apptest.Eventually(s.t, func() error {
		other.fill("Your message", "I")
		if s.ask(`String(document.querySelector("[data-typing]").hidden)`) == "true" {
			return errors.New("nobody is seen to write")
		}
		return nil
	})
	for _, who := range []*surfer{s, other} {
		who.do("mark the page, with an empty composer", chromedp.Evaluate[chromedp.Void](`(() => {
			window.stayed = true;
			const text = document.getElementById("text");
			text.value = "";
			text.dispatchEvent(new Event("input", { bubbles: true }));
		})()`))
	}
}

// pressIn presses what changes this page only, in the row or message with a text.
func (s *surfer) pressIn(near, name string) {
	s.t.Helper()
	s.do("press "+name+" in "+near, click(name, near))
}

// opensMenuIn opens a menu. A page that has just been loaded may move under the pointer, for a person too: then it is pressed again.
func (s *surfer) opensMenuIn(near, name string) {
	s.t.Helper()
	apptest.Eventually(s.t, func() error {
		if s.ask(`String(Boolean(document.querySelector("[data-menu][open]")))`) == "true" {
			return nil
		}
		s.pressIn(near, name)
		return errors.New("the menu is not open")
	})
}

// usesASavedAnswer inserts it, writes on behind it, and sends it by the keyboard.
func (s *surfer) usesASavedAnswer() {
	s.t.Helper()
	s.press("Saved answers")
	s.press("Thanks")
	s.holds("the answer is in the composer", `document.activeElement.value === "Thank you, bert." && !document.querySelector("[data-menu][open]")`)
	s.presses(" See you Friday.")
	s.presses(kb.Enter)
	s.holds("it is sent", `document.querySelector(".mine[data-seq]:last-child .bubble")?.textContent.endsWith("Thank you, bert. See you Friday.") && document.getElementById("text").value.trim() === ""`)
}

// sendsFiles sends one that was chosen and one that was pasted, and stays on the page.
func (s *surfer) sendsFiles() {
	s.t.Helper()
	plan := filepath.Join(s.t.TempDir(), "plan.txt")
	if err := os.WriteFile(plan, []byte("first this, then that"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.press("Files")
	s.upload("files", plan)
	s.do("paste a file", chromedp.Evaluate[chromedp.Void](`(() => {
		const pasted = new DataTransfer();
		pasted.items.add(new File(["words"], "pasted.txt", { type: "text/plain" }));
		document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true, cancelable: true }));
	})()`))
	s.holds("both are chosen", `document.getElementById("files").files.length === 2`)
	s.press("Send")
	s.holds("both are sent, and the composer is empty", `document.querySelectorAll(".mine .attachment").length === 2 && window.stayed &&
		!document.querySelector("[data-attach]").open && document.getElementById("files").files.length === 0`)
}

// isRefused writes while the other has blocked them: the text is back in the composer with the reason, and is sent once
// when they may write again.
func (s *surfer) isRefused(other *surfer, here string) {
	s.t.Helper()
	other.opensMenuIn("", "More")
	other.follow("Block")
	s.fill("Your message", "Are you there?")
	s.press("Send")
	s.sees("You cannot write to this person.")
	s.holds("the text is back", `document.getElementById("text").value === "Are you there?" && !document.body.innerText.includes("Are you there?")`)
	other.follow("Unblock")
	other.open(here)
	other.do("mark the page", chromedp.Evaluate[chromedp.Void]("window.stayed = true"))
	s.press("Send")
	other.sees("Are you there?")
	s.holds("it is there once", `Array.from(document.querySelectorAll(".bubble")).filter((e) => e.textContent.includes("Are you there?")).length === 1`)
}
