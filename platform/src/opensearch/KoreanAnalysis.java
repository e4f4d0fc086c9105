package dailyfeed.analysis;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.ko.KoreanPartOfSpeechStopFilter;
import org.apache.lucene.analysis.ko.KoreanReadingFormFilter;
import org.apache.lucene.analysis.ko.KoreanTokenizer;
import org.apache.lucene.analysis.ko.POS;
import org.opensearch.index.analysis.AbstractTokenFilterFactory;
import org.opensearch.index.analysis.AbstractTokenizerFactory;
import org.opensearch.index.analysis.TokenFilterFactory;
import org.opensearch.index.analysis.TokenizerFactory;
import org.opensearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.opensearch.plugins.AnalysisPlugin;
import org.opensearch.plugins.Plugin;

/**
 * What dailyfeed's index uses of the plugin analysis-nori, under the same names and over the same Lucene classes. The plugin
 * itself is not published where Maven looks; a cluster that somebody runs has the real one.
 */
public class KoreanAnalysis extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Map.of("nori_tokenizer", (index, environment, name, settings) -> {
            var mode = KoreanTokenizer.DecompoundMode.valueOf(settings.get("decompound_mode", "discard").toUpperCase(Locale.ROOT));
            var discardPunctuation = settings.getAsBoolean("discard_punctuation", true);
            return new AbstractTokenizerFactory(index, settings, name) {
                @Override
                public Tokenizer create() {
                    return new KoreanTokenizer(TokenStream.DEFAULT_TOKEN_ATTRIBUTE_FACTORY, null, mode, false, discardPunctuation);
                }
            };
        });
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Map.of(
            "nori_part_of_speech", (index, environment, name, settings) -> {
                var stopped = tagsOf(settings.getAsList("stoptags"));
                return filter(index, name, settings, stream -> new KoreanPartOfSpeechStopFilter(stream, stopped));
            },
            "nori_readingform", (index, environment, name, settings) -> filter(index, name, settings, KoreanReadingFormFilter::new));
    }

    private static Set<POS.Tag> tagsOf(Collection<String> names) {
        if (names.isEmpty()) return KoreanPartOfSpeechStopFilter.DEFAULT_STOP_TAGS;
        var tags = EnumSet.noneOf(POS.Tag.class);
        for (var name : names) tags.add(POS.resolveTag(name));
        return tags;
    }

    private static TokenFilterFactory filter(
        org.opensearch.index.IndexSettings index,
        String name,
        org.opensearch.common.settings.Settings settings,
        UnaryOperator<TokenStream> wrap
    ) {
        return new AbstractTokenFilterFactory(index, name, settings) {
            @Override
            public TokenStream create(TokenStream stream) {
                return wrap.apply(stream);
            }
        };
    }
}
