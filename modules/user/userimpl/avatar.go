package userimpl

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"image"
	"io"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/picture"
	"marketplace/platform/telemetry"
)

const pngSignature = "\x89PNG"

func fileOf(avatarID string) string { return "avatars/" + avatarID }

func (s *service) SetAvatar(ctx context.Context, q user.SetAvatarRequest) (user.Profile, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return user.Profile{}, err
	}
	square, err := s.read(ctx, q.Content)
	if err != nil {
		return user.Profile{}, err
	}
	file, err := square.Encode()
	if err != nil {
		return user.Profile{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return user.Profile{}, fmt.Errorf("make an id: %w", err)
	}
	if err := s.files.Put(ctx, fileOf(id.String()), bytes.NewReader(file)); err != nil {
		return user.Profile{}, fmt.Errorf("keep the picture: %w", err)
	}
	superfluous := id.String()
	profile, err := s.change(ctx, actor, map[string]any{"avatar_id": id.String()}, func(_ *db.Tx, was profileRow) error {
		superfluous = was.AvatarID
		return nil
	})
	if err != nil {
		superfluous = id.String()
	}
	s.drop(context.WithoutCancel(ctx), superfluous)
	return profile, err
}

// read makes a small square of what was uploaded.
func (s *service) read(ctx context.Context, content []byte) (picture.Picture, error) {
	leave, err := s.workshop.Enter(ctx)
	if err != nil {
		return picture.Picture{}, err
	}
	defer leave()
	p, err := picture.Normalize(bytes.NewReader(content), picture.Limits{Bytes: maxAvatar})
	if err != nil {
		return picture.Picture{}, err
	}
	return middle(p).Resize(avatarSize), nil
}

// middle cuts the largest square out of the middle.
func middle(p picture.Picture) picture.Picture {
	whole, ok := p.Image().(interface {
		SubImage(image.Rectangle) image.Image
	})
	if !ok {
		return p
	}
	side := min(p.Width(), p.Height())
	from := p.Image().Bounds().Min.Add(image.Pt((p.Width()-side)/2, (p.Height()-side)/2))
	return picture.Of(whole.SubImage(image.Rectangle{Min: from, Max: from.Add(image.Pt(side, side))}))
}

// drop removes the file of a picture that nobody shows any more. One that stays harms nobody.
func (s *service) drop(ctx context.Context, avatarID string) {
	if avatarID == "" {
		return
	}
	if err := s.files.Delete(ctx, fileOf(avatarID)); err != nil {
		telemetry.For(ctx, s.log).Warn("a picture that is no longer shown was not removed", zap.Error(err))
	}
}

func (s *service) Avatar(ctx context.Context, q user.AvatarRequest) (user.Picture, error) {
	profile, err := s.Get(ctx, user.GetRequest{ID: q.UserID})
	if err != nil {
		return user.Picture{}, err
	}
	if profile.AvatarID != "" {
		p, err := s.open(ctx, fileOf(profile.AvatarID))
		if !fault.Is(err, fault.NotFound) { // replaced a moment ago, or lost
			return p, err
		}
	}
	return s.drawn(ctx, profile)
}

func (s *service) open(ctx context.Context, key string) (user.Picture, error) {
	file, err := s.files.Get(ctx, key)
	if err != nil {
		return user.Picture{}, fmt.Errorf("open the picture: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(file)
	if err != nil {
		return user.Picture{}, fmt.Errorf("read the picture: %w", err)
	}
	kind := "image/jpeg"
	if bytes.HasPrefix(content, []byte(pngSignature)) {
		kind = "image/png"
	}
	return user.Picture{ContentType: kind, Content: content}, nil
}

// drawn is a picture of a person's initials, always the same for the same person. It is kept, because drawing takes
// milliseconds and a page shows dozens.
func (s *service) drawn(ctx context.Context, p user.Profile) (user.Picture, error) {
	letters := initials(p.DisplayName)
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(p.ID + " " + letters))
	key := fmt.Sprintf("drawn/%016x", seed.Sum64())
	if kept, err := s.open(ctx, key); !fault.Is(err, fault.NotFound) {
		return kept, err
	}
	made := picture.Of(picture.Avatar(int64(seed.Sum64()), letters, avatarSize))
	file, err := made.Encode()
	if err != nil {
		return user.Picture{}, err
	}
	if err := s.files.Put(ctx, key, bytes.NewReader(file)); err != nil {
		return user.Picture{}, fmt.Errorf("keep the drawn picture: %w", err)
	}
	return user.Picture{ContentType: made.Type(), Content: file}, nil
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(parts) == 0 {
		return ""
	}
	letters := []rune(parts[0])[:1]
	if len(parts) > 1 {
		letters = append(letters, []rune(parts[len(parts)-1])[0])
	}
	return strings.ToUpper(string(letters))
}
