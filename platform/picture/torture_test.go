//go:build torture

package picture

import "testing"

func TestTheLargestPicturesStayWithin64MiBAtTheirSize(t *testing.T) { largestStayWithin(t, 1) }
