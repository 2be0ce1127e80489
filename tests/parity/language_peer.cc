// The oracle of language.py: fastText's own library. Reads records (a little-endian uint32 size, then that many bytes) from standard input
// and prints, a line each, the five most probable labels with their probabilities. A line's end within a record is read as a space, as
// datatrove's FT176LID does.
//
//   language_peer MODEL          as said
//   language_peer MODEL exact    the same, but the mean of the rows is taken in double; all else stays fastText's. Its float sum drifts by
//                                more than 1e-4 over some hundred thousand rows
//   language_peer MODEL time     prints only seconds and MB/s of predicting the first label
#include <fasttext/fasttext.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <sstream>
#include <string>
#include <vector>

using fasttext::real;

struct Peer : fasttext::FastText {
    std::vector<std::pair<real, std::string>> predictExact(std::istream &line, int32_t k)
    {
        std::vector<int32_t> rows, labels;
        std::vector<std::pair<real, std::string>> guesses;
        dict_->getLine(line, rows, labels);
        const int32_t dim = getDimension();
        std::vector<double> sum(dim);
        fasttext::Vector row(dim);
        for (int32_t index : rows) {
            row.zero();
            input_->addRowToVector(row, index);
            for (int32_t i = 0; i < dim; i++)
                sum[i] += row[i];
        }
        auto mean = std::make_shared<fasttext::DenseMatrix>(1, dim);
        for (int32_t i = 0; i < dim; i++)
            mean->at(0, i) = real(sum[i] / double(rows.size()));
        fasttext::Model model(mean, output_, createLoss(output_), false);
        fasttext::Model::State state(dim, dict_->nlabels(), 0);
        fasttext::Predictions found;
        model.predict({0}, k, 0, found, state);
        for (const auto &guess : found)
            guesses.emplace_back(std::exp(guess.first), dict_->getLabel(guess.second));
        return guesses;
    }
};

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    const std::string mode = argc > 2 ? argv[2] : "";
    Peer model;
    model.loadModel(argv[1]);
    std::vector<std::string> texts;
    uint32_t size;
    while (fread(&size, sizeof size, 1, stdin) == 1) {
        std::string text(size, '\0');
        if (fread(&text[0], 1, size, stdin) != size)
            return 1;
        std::replace(text.begin(), text.end(), '\n', ' ');
        texts.push_back(text + "\n");
    }
    uint64_t byte_count = 0;
    clock_t start = clock();
    for (const std::string &text : texts) {
        std::stringstream line(text);
        std::vector<std::pair<real, std::string>> guesses;
        if (mode == "exact")
            guesses = model.predictExact(line, 5);
        else
            model.predictLine(line, guesses, mode == "time" ? 1 : 5, 0);
        byte_count += text.size();
        if (mode == "time")
            continue;
        for (const auto &guess : guesses)
            printf("%s %.9g ", guess.second.c_str() + 9, guess.first);
        printf("\n");
    }
    double seconds = double(clock() - start) / CLOCKS_PER_SEC;
    if (mode == "time")
        printf("%.6f %.3f\n", seconds, double(byte_count) / 1e6 / seconds);
}
