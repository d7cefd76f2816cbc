package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// chanceAllowed is the largest p-value of the paired test with which a better
// mean is believed: one time in ten a model that is no better passes.
const chanceAllowed = 0.2

// ErrNothingToResume: no tuning was interrupted.
var ErrNothingToResume = errors.New("no interrupted tuning")

// ErrInterrupted: a tuning was cancelled, and Options.Resume goes on with it.
var ErrInterrupted = errors.New("interrupted, and can be resumed")

// A TuneReport says what tuning did. Figures are of questions held out.
type TuneReport struct {
	Before Figures `json:"before"`
	After  Figures `json:"after"`
	// PValue is that of a paired randomisation test of the two.
	PValue float64 `json:"p_value"`
	// Swapped: searches go by the new model now.
	Swapped bool `json:"swapped"`
	// Reason says in words why, or why not.
	Reason string `json:"reason"`
	// Model is the folder of the new model, "" if it was not kept.
	Model string `json:"model,omitempty"`

	Source    string `json:"source"`    // "labels", "feedback", "written" or "corpus"
	Pairs     int    `json:"pairs"`     // trained on
	Questions int    `json:"questions"` // held out
	Steps     int    `json:"steps"`
	// Mix is the share of the change that was kept, of those in Mixes.
	Mix      float64             `json:"mix"`
	Mixes    []train.Mixed       `json:"mixes,omitempty"`
	Measured []train.Measurement `json:"measured,omitempty"`
	Losses   []float64           `json:"losses,omitempty"`

	StepsPerS  float64 `json:"steps_per_s"`
	TokensPerS float64 `json:"tokens_per_s"`
	Seconds    float64 `json:"seconds"`
}

// Tune trains the database's model on pairs, or on its documents alone, and
// lets the new model take over if it is better on questions held out. Searches
// and writes go on meanwhile, and training stops while a search goes on. Documents are embedded again beside the old
// vectors, which stay for [DB.Rollback]. A run that was interrupted goes on
// with Options.Resume and ends with the same weights; the error of one that was
// cancelled is [ErrInterrupted] where there is something to go on with.
func (db *DB) Tune(ctx context.Context, o train.Options) (TuneReport, error) {
	if err := db.enterWriter(); err != nil {
		return TuneReport{}, fmt.Errorf("tune: %w", err)
	}
	defer db.leave()
	db.tuning.Lock()
	defer db.tuning.Unlock()
	began := time.Now()
	report, err := db.tune(ctx, o)
	report.Seconds = time.Since(began).Seconds()
	if _, missing := os.Stat(filepath.Join(db.tuneDir(), planFile)); ctx.Err() != nil && errors.Is(err, ctx.Err()) && missing == nil {
		err = fmt.Errorf("%w: %w", ErrInterrupted, err)
	}
	if err != nil {
		return report, fmt.Errorf("tune: %w", err)
	}
	return report, nil
}

// tuneDir holds the plan and the checkpoint of a tuning in progress.
func (db *DB) tuneDir() string { return filepath.Join(db.models, "tuning") }

func (db *DB) tune(ctx context.Context, o train.Options) (TuneReport, error) {
	base, ok := db.model().(*embed.BERT)
	if !ok {
		return TuneReport{}, fmt.Errorf("%s cannot be tuned: its weights are not in this process", db.model().Name())
	}
	if o.Resume {
		if report, err := db.changedOver(); err == nil {
			return report, os.RemoveAll(db.tuneDir())
		}
	}
	p, err := db.planned(ctx, base, o)
	if err != nil {
		return TuneReport{}, err
	}
	ctx = embed.WithYield(ctx, db.queries.Yield)
	var report TuneReport
	var keep func() error
	if len(p.Made) > 0 || p.Adapter {
		learn := db.adapt
		if p.Adapter {
			learn = db.adaptToLabels
		}
		var a *model.Adapter
		a, report, err = learn(ctx, base, p)
		keep = func() error { return db.keepAdapter(base, a, &report) }
	} else {
		var s *model.Sentence
		s, report, err = db.train(ctx, base, p, o)
		keep = func() error { return db.keep(ctx, s, &report, o.Embedding) }
	}
	if err != nil {
		return report, err
	}
	if report.Reason == "" && o.DryRun {
		report.Reason = "better, and not kept: this was a dry run"
	}
	if report.Reason == "" {
		if err := keep(); err != nil {
			return report, err
		}
	}
	return report, os.RemoveAll(db.tuneDir())
}

// train makes the new model and says what it is worth, with a reason where it
// is not to be kept.
func (db *DB) train(ctx context.Context, base *embed.BERT, p *tunePlan, o train.Options) (*model.Sentence, TuneReport, error) {
	judge := measurer{base: base, plan: p}
	result, err := train.Run(ctx, train.Model{Sentence: base.Model(), Tokens: base.Tokenizer()}, p.Examples, p.Recipe, train.Control{
		Measure: judge.values, Checkpoint: filepath.Join(db.tuneDir(), "checkpoint"),
		CheckpointEvery: o.CheckpointEvery, Progress: o.Progress, Yield: db.queries.Yield,
	})
	if err != nil {
		return nil, TuneReport{}, err
	}
	report, err := judge.report(ctx, result)
	return result.Sentence, report, err
}

// accept says that the new model takes over.
func (r *TuneReport) accept() { r.Swapped, r.Reason = true, "better on the questions held out" }

// keep installs the new model, embeds the documents and lets it take over.
func (db *DB) keep(ctx context.Context, s *model.Sentence, report *TuneReport, watch func(train.Embedding)) error {
	report.accept()
	record, tuned, err := db.install(s, func(dir string) error { return describeModel(dir, db.base.Name(), report) })
	if err != nil {
		return err
	}
	report.Model = record.Model.Folder
	if err := db.putOutcome(report.Model); err != nil {
		return err
	}
	if record, err = db.known(record); err != nil {
		return err
	}
	return db.reembed(ctx, record, tuned, watch)
}

// keepAdapter installs the model in use with an adapter of its queries, which
// takes over at once: the documents keep their vectors.
func (db *DB) keepAdapter(current *embed.BERT, a *model.Adapter, report *TuneReport) error {
	report.accept()
	record, tuned, err := db.installAdapter(current, a, func(dir string) error { return describeModel(dir, db.base.Name(), report) })
	if err != nil {
		return err
	}
	report.Model = record.Model.Folder
	if err := db.putOutcome(report.Model); err != nil {
		return err
	}
	return db.switchQueries(record, tuned)
}

// outcome is a file with the folder of the model that an unfinished tuning made.
func (db *DB) outcome() string { return filepath.Join(db.tuneDir(), "outcome") }

// putOutcome writes that file.
func (db *DB) putOutcome(folder string) error {
	return errors.Join(os.MkdirAll(db.tuneDir(), 0o777), os.WriteFile(db.outcome(), []byte(folder), 0o666))
}

// changedOver returns the report of an unfinished tuning whose model is in use
// already, so that all that is left of it is to remove its plan; else an error.
func (db *DB) changedOver() (TuneReport, error) {
	folder, err := os.ReadFile(db.outcome())
	if err != nil {
		return TuneReport{}, err
	}
	if len(folder) == 0 || string(folder) != db.folder() {
		return TuneReport{}, ErrNothingToResume
	}
	report, err := db.ModelReport(string(folder))
	report.Model = string(folder)
	return report, err
}

// report compares the model that came out with the one before.
func (j *measurer) report(ctx context.Context, r *train.Result) (TuneReport, error) {
	report := TuneReport{
		Source: j.plan.Source, Pairs: len(j.plan.Examples), Questions: len(j.plan.Questions), Steps: r.Steps,
		Mix: r.Mix, Mixes: r.Mixes, Measured: r.Measured, Losses: r.Losses, PValue: 1,
	}
	if seconds := r.Elapsed.Seconds(); seconds > 0 {
		report.StepsPerS, report.TokensPerS = float64(r.Steps)/seconds, float64(r.Tokens)/seconds
	}
	var err error
	if report.Before, err = j.figures(ctx, j.base.Model()); err != nil {
		return report, err
	}
	report.After = report.Before
	if r.Sentence == nil {
		report.Reason = reasonNoShare
		return report, nil
	}
	if report.After, err = j.figures(ctx, r.Sentence); err != nil {
		return report, err
	}
	if j.plan.Source == sourceWritten {
		return report, report.judgeMade(r.Before, r.After, report.After.Hybrid-report.Before.Hybrid)
	}
	return report, report.judge(r.Before, r.After, chanceAllowed)
}

// judgeMade is judge where nobody asked the questions held out: a gain has to be
// large and sure to be one on real questions too.
func (r *TuneReport) judgeMade(before, after []float64, gain float64) error {
	err := r.judge(before, after, chanceOfGain)
	if r.Reason == "" && gain < leastGain {
		r.Reason = fmt.Sprintf("a gain of %.4f on made questions is too small to be believed of real ones: want %.4f", gain, leastGain)
	}
	return err
}

// reasonNoShare is why nothing is kept if every share of the change is worse.
const reasonNoShare = "no share of the change is better on the questions held out"

// judge puts down why a model that is better at the mean is not to be kept, if
// there is a reason: before and after are values of each question, and allowed
// is the largest p-value that is believed.
func (r *TuneReport) judge(before, after []float64, allowed float64) error {
	c, err := eval.Compare(before, after)
	if err != nil {
		return err
	}
	r.PValue = c.Randomisation
	switch {
	case c.Randomisation > allowed:
		r.Reason = fmt.Sprintf("what it gains may be chance (p = %.2f)", c.Randomisation)
	case r.After.Hybrid < r.Before.Hybrid:
		r.Reason = "hybrid search would be worse on the questions held out"
	case r.After.Dense < r.Before.Dense:
		r.Reason = "dense search would be worse on the questions held out"
	}
	return nil
}
