package dev.whittle.cli.report;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whittle.cli.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/// The report as a browser shows it. Skipped where Debian's `chromium` and `chromium-driver` are not installed.
class ReportPageTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

    @TempDir private Path folder;
    private Path page;
    private ChromeDriver browser;

    @BeforeEach
    void openBrowser() throws IOException {
        assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
                "needs chromium and chromium-driver (apt-get install chromium chromium-driver)");
        page = Report.write(SampleRun.write(folder), folder.resolve(Report.PAGE));
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(CHROMIUM.toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--user-data-dir=" + folder.resolve("profile"));
        options.setCapability("goog:loggingPrefs", logs);
        browser = new ChromeDriver(
                new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build(), options);
    }

    @AfterEach
    void closeBrowser() {
        if (browser != null) {
            browser.quit();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1280, 390})
    void picturesAndTablesAreWholeAndNothingLeavesThePage(int width) throws IOException {
        show(width);

        assertThat(number("return window.innerWidth")).isEqualTo(width);
        assertThat(number("return document.documentElement.scrollWidth")).isLessThanOrEqualTo(width);
        assertThat(number("return document.images.length")).isEqualTo(10);
        assertThat(strings("""
                return [...document.images]
                    .filter(image => !image.complete || image.naturalWidth === 0
                        || image.getBoundingClientRect().width < 40
                        || image.getBoundingClientRect().right > window.innerWidth + 0.5)
                    .map(image => image.alt)""")).isEmpty();
        // A table is whole when it fits, or when its own container scrolls to all of it.
        assertThat(strings("""
                return [...document.querySelectorAll('table')]
                    .filter(table => {
                        const box = table.parentElement;
                        return table.getBoundingClientRect().width < 40
                            || box.scrollWidth + 1 < table.getBoundingClientRect().width
                            || box.getBoundingClientRect().right > window.innerWidth + 0.5
                            || getComputedStyle(box).overflowX !== 'auto';
                    })
                    .map(table => table.innerText)""")).isEmpty();
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll()).extracting(LogEntry::getMessage).isEmpty();
        assertThat(requests())
                .allMatch(address -> address.startsWith("data:") || address.equals(page.toUri().toString()));

    }

    private void show(int width) {
        // The window of a headless browser does not get narrower than 500 pixels; the emulated device does.
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", 900, "deviceScaleFactor", 1, "mobile", false));
        // The browser's own first page makes requests, which are not the report's.
        browser.get("about:blank");
        browser.manage().logs().get(LogType.PERFORMANCE);
        browser.get(page.toUri().toString());
    }

    private long number(String script) {
        return ((Number) requireNonNull(browser.executeScript(script))).longValue();
    }

    private List<String> strings(String script) {
        return ((List<?>) requireNonNull(browser.executeScript(script))).stream().map(String::valueOf).toList();
    }

    /// The addresses of everything that the page asked for.
    private List<String> requests() {
        return browser.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
                .map(entry -> Json.tree("log", entry.getMessage()).path("message"))
                .filter(message -> message.path("method").asString().equals("Network.requestWillBeSent"))
                .map(message -> message.at("/params/request/url").asString())
                .toList();
    }
}
