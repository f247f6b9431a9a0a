package gigimpl

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"marketplace/modules/gig"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/picture"
	"marketplace/platform/text"
)

// A picture is kept as it was uploaded, re-encoded, and in the widths that pages show. The files stay when a picture is
// removed: orders show the gig as it was when it was ordered (row G6).

const (
	original     = "original"
	pngSignature = "\x89PNG"
)

// widths are the sizes in which pages show pictures.
func widths() []int { return []int{320, 640, 1280} }

func fileOf(id, size string) string { return "pictures/" + id + "/" + size }

func (s *service) AddPicture(ctx context.Context, q gig.AddPictureRequest) (gig.Gig, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return gig.Gig{}, err
	}
	row, err := ownGig(s.db.Read(ctx), q.GigID, actor.UserID)
	if err != nil {
		return gig.Gig{}, err
	}
	if err := roomFor(row); err != nil {
		return gig.Gig{}, err
	}
	ref, err := s.keepPicture(ctx, q.Content)
	if err != nil {
		return gig.Gig{}, err
	}
	changed, err := s.change(ctx, q.GigID, func(_ *db.Tx, row *gigRow) (bool, error) {
		if err := roomFor(*row); err != nil {
			return false, err
		}
		row.Pictures = append(row.Pictures, ref)
		return true, nil
	})
	if err != nil {
		s.dropPicture(context.WithoutCancel(ctx), ref.ID)
	}
	return changed, err
}

// roomFor refuses more pictures than a gig may have.
func roomFor(row gigRow) error {
	if len(row.Pictures) >= maxPictures {
		return fault.Conflictf("A gig has at most %d pictures. Please remove one first.", maxPictures)
	}
	return nil
}

// keepPicture re-encodes an upload and keeps it in all sizes.
func (s *service) keepPicture(ctx context.Context, content []byte) (gig.PictureRef, error) {
	leave, err := s.workshop.Enter(ctx)
	if err != nil {
		return gig.PictureRef{}, err
	}
	defer leave()
	p, err := picture.Normalize(bytes.NewReader(content), picture.Limits{})
	if err != nil {
		return gig.PictureRef{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return gig.PictureRef{}, fmt.Errorf("make an id: %w", err)
	}
	ref := gig.PictureRef{ID: id.String(), Width: p.Width(), Height: p.Height()}
	if err := s.putSizes(ctx, ref.ID, p); err != nil {
		s.dropPicture(context.WithoutCancel(ctx), ref.ID)
		return gig.PictureRef{}, fmt.Errorf("keep the picture: %w", err)
	}
	return ref, nil
}

// putSizes keeps the picture as it is and in the widths of pages, each made from the next larger one. The files are
// written at once: waiting for the disk takes longer than writing.
func (s *service) putSizes(ctx context.Context, id string, p picture.Picture) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.putPicture(ctx, fileOf(id, original), p) })
	smaller := p
	for _, w := range slices.Backward(widths()) {
		smaller = smaller.Resize(w)
		kept := smaller
		g.Go(func() error { return s.putPicture(ctx, fileOf(id, strconv.Itoa(w)), kept) })
	}
	return g.Wait()
}

func (s *service) putPicture(ctx context.Context, key string, p picture.Picture) error {
	file, err := p.Encode()
	if err != nil {
		return err
	}
	return s.files.Put(ctx, key, bytes.NewReader(file))
}

// dropPicture removes the files of a picture that no gig has got. What cannot be removed harms nobody.
func (s *service) dropPicture(ctx context.Context, id string) {
	for _, w := range widths() {
		_ = s.files.Delete(ctx, fileOf(id, strconv.Itoa(w)))
	}
	_ = s.files.Delete(ctx, fileOf(id, original))
}

func (s *service) RemovePicture(ctx context.Context, q gig.RemovePictureRequest) (gig.Gig, error) {
	return s.change(ctx, q.GigID, func(_ *db.Tx, row *gigRow) (bool, error) {
		before := len(row.Pictures)
		row.Pictures = slices.DeleteFunc(row.Pictures, func(p gig.PictureRef) bool { return p.ID == q.PictureID })
		if len(row.Pictures) == before {
			return false, noSuchPicture()
		}
		return true, nil
	})
}

func noSuchPicture() error { return fault.NotFoundf("There is no such picture.") }

// Picture takes the nearest width for one that is not kept.
func (s *service) Picture(ctx context.Context, q gig.PictureRequest) (gig.Picture, error) {
	if !text.IsID(q.ID) {
		return gig.Picture{}, noSuchPicture()
	}
	file, err := s.files.Get(ctx, fileOf(q.ID, strconv.Itoa(nearest(q.Width))))
	if fault.Is(err, fault.NotFound) {
		return gig.Picture{}, noSuchPicture()
	}
	if err != nil {
		return gig.Picture{}, fmt.Errorf("open the picture: %w", err)
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(file)
	if err != nil {
		return gig.Picture{}, fmt.Errorf("read the picture: %w", err)
	}
	kind := "image/jpeg"
	if bytes.HasPrefix(content, []byte(pngSignature)) {
		kind = "image/png"
	}
	return gig.Picture{ContentType: kind, Content: content}, nil
}

// nearest is the kept width that is nearest to the wanted one.
func nearest(width int) int {
	kept := widths()
	for i, w := range kept[:len(kept)-1] {
		if width <= (w+kept[i+1])/2 {
			return w
		}
	}
	return kept[len(kept)-1]
}
