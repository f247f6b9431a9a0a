package orderimpl

import (
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/rpc/rpctest"
)

func TestRemote(t *testing.T) { rpctest.Contract[order.Service](t, newRemote) }
