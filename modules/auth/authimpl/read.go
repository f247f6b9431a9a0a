package authimpl

import (
	"context"
	"fmt"
	"slices"

	"marketplace/modules/auth"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

const mostIDs = 100

// ListAccounts shows the address to the account's owner and to the marketplace itself only.
func (s *service) ListAccounts(ctx context.Context, q auth.ListAccountsRequest) (auth.AccountList, error) {
	if len(q.IDs) > mostIDs {
		return auth.AccountList{}, fault.Wrong("ids", "Ask for at most %d accounts.", mostIDs)
	}
	ids := slices.DeleteFunc(slices.Clone(q.IDs), func(id string) bool { return !text.IsID(id) })
	var rows []accountRow
	if err := s.db.Read(ctx).Where("id IN ?", ids).Limit(mostIDs).Find(&rows).Error; err != nil {
		return auth.AccountList{}, fmt.Errorf("list accounts: %w", err)
	}
	actor := identity.From(ctx)
	list := auth.AccountList{Items: make([]auth.Account, len(rows))}
	for i, r := range rows {
		account, err := r.account()
		if err != nil {
			return auth.AccountList{}, err
		}
		if !actor.System && actor.UserID != r.ID {
			account.Email = ""
		}
		list.Items[i] = account
	}
	return list, nil
}
