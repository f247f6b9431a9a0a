package money

import (
	"fmt"
	"math/bits"
)

// Portion returns part/whole of a non-negative amount, rounded half up: what belongs to a part of something, such as the
// fee of a refund. 0 ≤ part ≤ whole and whole > 0. The portion of the whole is the amount itself.
func (a Amount) Portion(part, whole int64) (Amount, error) {
	if a.Minor < 0 || part < 0 || part > whole || whole <= 0 {
		return Amount{}, fmt.Errorf("money: %d of %d of %d is not defined", part, whole, a.Minor)
	}
	hi, lo := bits.Mul64(uint64(a.Minor), uint64(part))
	q, r := bits.Div64(hi, lo, uint64(whole))
	if r >= uint64(whole)-r {
		q++
	}
	return Of(int64(q), a.Currency), nil
}

// Split divides a non-negative amount by weights, none negative and not all zero: largest remainder, ties to the earlier
// part. The parts add up to the amount.
func (a Amount) Split(weights ...int64) ([]Amount, error) {
	var sum int64
	for _, w := range weights {
		if sum += w; w < 0 || sum < 0 {
			return nil, fmt.Errorf("money: the weights %v are not defined", weights)
		}
	}
	if a.Minor < 0 || sum == 0 {
		return nil, fmt.Errorf("money: %d cannot be split by %v", a.Minor, weights)
	}
	parts, rests, left := make([]Amount, len(weights)), make([]uint64, len(weights)), a.Minor
	for i, w := range weights {
		hi, lo := bits.Mul64(uint64(a.Minor), uint64(w))
		q, r := bits.Div64(hi, lo, uint64(sum))
		parts[i], rests[i] = Of(int64(q), a.Currency), r
		left -= int64(q)
	}
	for ; left > 0; left-- {
		most := 0
		for i := range rests {
			if rests[i] > rests[most] {
				most = i
			}
		}
		parts[most].Minor++
		rests[most] = 0
	}
	return parts, nil
}
