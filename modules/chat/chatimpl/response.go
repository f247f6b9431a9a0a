package chatimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/text"
)

// How responses are counted (row U3).
const (
	responseDays = 90 * 24 * time.Hour
	inTime       = 24 * time.Hour // within it a first message counts as answered
	leastCounted = 3              // of fewer nothing is said
	mostPeople   = 100            // that can be asked for at once
)

// forgetTurns lets nobody count what somebody need not answer: spam, and people who are blocked or reported.
func forgetTurns(tx *db.Tx, conversationID, userID string) error {
	err := tx.Exec("DELETE FROM turns WHERE conversation_id = ? AND answerer_id = ? AND answered_at IS NULL", conversationID, userID).Error
	if err != nil {
		return fmt.Errorf("forget a question: %w", err)
	}
	return nil
}

// answered is how somebody has answered.
type answered struct {
	UserID  string
	Asked   int
	InTime  int
	Answers int
}

// ListResponses is documented in the contract. The median is the lower one of two.
func (s *service) ListResponses(ctx context.Context, q chat.ListResponsesRequest) (chat.ResponseList, error) {
	if len(q.UserIDs) > mostPeople {
		return chat.ResponseList{}, fault.Wrong("user_ids", "Ask for at most %d.", mostPeople)
	}
	var ids []string
	for _, id := range q.UserIDs {
		if text.IsID(id) {
			ids = append(ids, id)
		}
	}
	list := chat.ResponseList{Items: []chat.Response{}}
	if len(ids) == 0 {
		return list, nil
	}
	now := s.db.Now()
	var counts []answered
	err := s.db.Read(ctx).Raw(`SELECT answerer_id AS user_id, COUNT(answered_at) AS answers,
			SUM(CASE WHEN begins AND (answered_at IS NOT NULL OR asked_at <= ?) THEN 1 ELSE 0 END) AS asked,
			SUM(CASE WHEN begins AND answered_at IS NOT NULL AND seconds <= ? THEN 1 ELSE 0 END) AS in_time
		FROM turns WHERE answerer_id IN ? AND asked_at > ? GROUP BY answerer_id ORDER BY answerer_id`,
		now.Add(-inTime), int64(inTime/time.Second), ids, now.Add(-responseDays)).Scan(&counts).Error
	if err != nil {
		return list, fmt.Errorf("count responses: %w", err)
	}
	medians, err := s.medians(ctx, ids, now.Add(-responseDays))
	if err != nil {
		return list, err
	}
	for _, n := range counts {
		r := chat.Response{UserID: n.UserID, Asked: n.Asked, Answers: n.Answers}
		if n.Answers >= leastCounted {
			r.Seconds = max(1, medians[n.UserID])
		}
		if n.Asked >= leastCounted {
			rate := n.InTime * 10000 / n.Asked
			r.Rate = &rate
		}
		if r.Seconds > 0 || r.Rate != nil {
			list.Items = append(list.Items, r)
		}
	}
	return list, nil
}

// medians are the seconds until an answer, by person.
func (s *service) medians(ctx context.Context, ids []string, since time.Time) (map[string]int64, error) {
	var rows []struct {
		UserID  string
		Seconds int64
	}
	err := s.db.Read(ctx).Raw(`SELECT answerer_id AS user_id, seconds FROM (
			SELECT answerer_id, seconds, COUNT(*) OVER (PARTITION BY answerer_id) AS total,
				ROW_NUMBER() OVER (PARTITION BY answerer_id ORDER BY seconds, conversation_id, seq) AS n
			FROM turns WHERE answerer_id IN ? AND asked_at > ? AND answered_at IS NOT NULL) AS t
		WHERE n = (total + 1) / 2`, ids, since).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("find the median of responses: %w", err)
	}
	medians := map[string]int64{}
	for _, r := range rows {
		medians[r.UserID] = r.Seconds
	}
	return medians, nil
}
