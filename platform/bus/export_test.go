package bus

// PauseAfter is tested from outside of the package, like everything here.
var PauseAfter = pauseAfter
