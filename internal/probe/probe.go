// Package probe has the texts with which a model is tested before it is used in
// another precision.
package probe

// Texts are queries, sentences and passages, of several kinds, the short ones
// first.
var Texts = []string{
	"how to rotate the signing keys",
	"symptoms of iron deficiency in athletes",
	"longest river in Europe",
	"Is caffeine absorbed faster on an empty stomach?",
	"python read csv file without header row",
	"The museum is closed on Mondays, except in August.",
	"Order 4711 was shipped on 12 March 2024 and returned a week later.",
	"func (s *Stack) Push(v int) { s.items = append(s.items, v) }",
	"Error: connection refused while dialling tcp 10.0.0.7:5432, retrying in 30 seconds",
	"Der Zug nach München fährt heute von Gleis sieben ab.",
	"Mice that lacked the receptor gained less weight on a high-fat diet than their litter mates, and their glucose tolerance was unchanged.",
	"A bridge carries loads by bending, by compression or by tension. Arches press outwards on their abutments, " +
		"cables pull inwards on their anchors, and beams do a little of both.",
	"Dear neighbours, the water will be turned off on Thursday from nine to noon, because the main valve in the cellar " +
		"is being replaced. Please fill a few bottles beforehand. If you have questions, ring the caretaker's bell.",
	"The tenant may end the contract with three months' notice to the end of a quarter. The deposit, at most three " +
		"months' rent, is returned with interest once all claims are settled. Smaller repairs up to the agreed sum are the " +
		"tenant's; everything else, in particular heating, pipes and windows, remains with the owner, who has to be told of " +
		"damage without delay.",
	"Bread needs four things: flour, water, salt and time. Mix the first two and let them rest for half an hour, so that " +
		"the gluten forms by itself. Add salt and a little sourdough, fold the dough every thirty minutes, and leave it " +
		"overnight in a cool place. In the morning, shape it without pressing the gas out, let it rise once more, and bake it " +
		"in a very hot oven with steam for the first ten minutes. It is done when it sounds hollow. Wait an hour before you " +
		"cut it, however hard that may be.",
}
